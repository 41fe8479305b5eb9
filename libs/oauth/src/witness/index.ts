export { createKeptJudgements, type KeptJudgements, questionOf } from "./kept-judgements.ts";
export { type Witness, witnessed } from "./witnessed.ts";

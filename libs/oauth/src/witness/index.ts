export { type Witness, witnessed } from "./witnessed.ts";

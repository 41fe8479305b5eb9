export { type MadeTarget, runRegistrationTargetContract } from "./registration-target.contract.ts";

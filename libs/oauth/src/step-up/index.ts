export { noteStepUp, type StepUpSources, takeStepUp } from "./step-up.ts";

export { consentAnswer, consentParameters, type ConsentAnswer } from "./answer.ts";
export { describeOrigin, onlyLoopback } from "./client-origin.ts";
export { recordConsent } from "./record-consent.ts";
export { IDENTITY_WORDS, scopeChoices } from "./scope-choices.ts";

export { answerClient, errorParameters, successParameters, type AnswerParameters, type AnswerTarget } from "./answer.ts";
export { grantIdOf, interactionUrl, openInteraction, sealInteraction, startInteraction, type Interaction } from "./interaction.ts";
export { denyGrant } from "./deny-grant.ts";
export { issueCode, type GivenConsent } from "./issue-code.ts";
export { offerFor, type Offer, type OfferedResource } from "./offer.ts";
export { fullGrant, mayRemember, remembered, type GrantedScopes } from "./remembered.ts";
export { refuseAuthorization, type Refusal } from "./refuse.ts";
export { nextStep, type Step } from "./next-step.ts";
export { sessionServes } from "./session-serves.ts";

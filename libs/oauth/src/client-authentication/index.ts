export { authenticateClient, type AuthenticatedClient, type ClientAuthenticationSources } from "./client-authentication.handler.ts";
export { ASSERTION_ALGS } from "./assertion-rules.ts";
export { proofEnd } from "./proof-end.ts";
export { BASIC_CHALLENGE, parsePresentedClient, type PresentedClient } from "./client-authentication.request.ts";

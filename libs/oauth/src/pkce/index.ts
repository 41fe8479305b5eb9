export { requireChallenge, verifierChallenge } from "./pkce.ts";

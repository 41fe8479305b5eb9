export { OAuthError, type OAuthErrorCode } from "./oauth-error.ts";
export type { Reason } from "./reasons.ts";

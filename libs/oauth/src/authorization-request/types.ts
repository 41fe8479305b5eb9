export interface RequestedResource {
  readonly id: string;
  /** As registered. */
  readonly uri: string;
}

export type Prompt = "none" | "login" | "consent" | "select_account";

/** An authorization request every check of which has passed. Only /authorize and /par make one, by the same function. */
export interface AuthorizationRequest {
  readonly clientId: string;
  readonly redirectUri: string;
  readonly redirectUriGiven: boolean;
  readonly state?: string;
  /** Absent: the answer goes into the query of the redirect URI. */
  readonly responseMode?: "form_post";
  readonly nonce?: string;
  readonly codeChallenge: string;
  /** As asked, unknown ones dropped; absent: the defaults. */
  readonly scope?: readonly string[];
  readonly resources: readonly RequestedResource[];
  readonly prompt: readonly Prompt[];
  /** Seconds since the person last proved who they are. */
  readonly maxAge?: number;
  /** Whom the client wants to hear of, and nobody else. */
  readonly hintedSubject?: string;
  /** Shown in the login form, nothing more. */
  readonly loginHint?: string;
}

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
  readonly nonce?: string;
  readonly codeChallenge: string;
  /** As asked, unknown ones dropped; absent: the defaults. */
  readonly scope?: readonly string[];
  readonly resources: readonly RequestedResource[];
  readonly prompt: readonly Prompt[];
  /** Seconds since the person last proved who they are. */
  readonly maxAge?: number;
  /** Shown in the login form, nothing more. */
  readonly loginHint?: string;
}

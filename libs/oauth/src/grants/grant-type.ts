import type { AuthenticatedClient } from "../client-authentication/index.ts";
import type { OAuthContext } from "../context/index.ts";
import type { HttpRequest, Parameters } from "../http/index.ts";

/** A token request whose client has proven itself and may use the grant type. */
export interface TokenCall {
  readonly request: HttpRequest;
  readonly params: Parameters;
  readonly client: AuthenticatedClient;
}

/** The body of a successful answer (RFC 6749 §5.1), wire spelling. */
export interface TokenAnswer {
  readonly access_token: string;
  readonly token_type: "Bearer";
  readonly expires_in: number;
  /** Always there, so a client sees what it got; absent only for a token without any scope. */
  readonly scope?: string;
  readonly refresh_token?: string;
  readonly id_token?: string;
}

/** Issues what was judged, once more at each call; throws OAuthError. */
export type Issue = (context: GrantContext, request: HttpRequest) => Promise<TokenAnswer>;

/** What a grant type tells the token endpoint: its name, the parameters it reads, its story. */
export interface GrantType {
  readonly grantType: string;
  /** Others are ignored (OAuth 2.1 §3.2). */
  readonly parameters: readonly string[];
  readonly handle: (context: GrantContext, call: TokenCall) => Promise<TokenAnswer>;
  /**
   * Where nothing is used up by asking: `handle` in two parts. Who may have what follows from the parameters, the client and the states read through `context` alone
   * (hence no request), so it is judged once and kept while those stand.
   */
  readonly judge?: (context: GrantContext, call: Omit<TokenCall, "request">) => Promise<Issue>;
}

/** What grant types use of the context. */
export type GrantContext = Pick<
  OAuthContext,
  | "settings"
  | "clock"
  | "random"
  | "store"
  | "signer"
  | "retryKeys"
  | "statusPlaces"
  | "ephemeral"
  | "subjectKeys"
  | "grants"
  | "clients"
  | "subjects"
  | "consents"
  | "resources"
  | "issuance"
  | "devices"
  | "flags"
  | "seals"
  | "flags"
>;

/** A server as the admin API takes it. */
export interface ServerDocument {
  readonly name: string;
  readonly url?: string;
  readonly stdio?: { readonly command: string; readonly args: readonly string[]; readonly env: readonly string[] };
  readonly provider: string;
  readonly authorization: "oauth" | "none" | "static";
  readonly scopes: readonly string[];
  readonly policy?: object;
  /** What clients of ours need to use it. */
  readonly resource?: { readonly access_policy?: unknown };
}

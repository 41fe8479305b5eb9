import { TargetRefused } from "../target.port.ts";

/**
 * What a refusal means, by what somebody can do about it: the client's metadata, the bridge's token, the target's rules. The target's own words hold what
 * was sent; its error code and the name of Keycloak's policy are what a person can look up.
 */
export function refusalOf(status: number, answer: unknown): TargetRefused {
  const { error, error_description: description } = (answer ?? {}) as { readonly error?: unknown; readonly error_description?: unknown };
  const code = /^[a-z_]{1,64}$/.exec(typeof error === "string" ? error : "")?.[0] ?? "";
  const policy = /^Policy '([\w .-]{1,64})' rejected/.exec(typeof description === "string" ? description : "")?.[1];
  const said = [String(status), code, policy === undefined ? "" : `(policy ${policy})`].filter((part) => part !== "").join(" ");
  return new TargetRefused(reasonOf(status, code), `the target refused: ${said}`);
}

function reasonOf(status: number, code: string): string {
  if (status === 401) return "target-token-refused";
  if (status === 403) return "target-policy-refused";
  // RFC 7591 §3.2.2
  if (status === 400 && code === "invalid_redirect_uri") return "target-redirect-uri-refused";
  if (status === 400 && code === "invalid_client_metadata") return "target-metadata-refused";
  return "target-refused";
}

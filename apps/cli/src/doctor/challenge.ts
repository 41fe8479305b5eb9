import { isSecure } from "./differences.ts";
import { Findings, type Section } from "./findings.ts";
import { initialize, type Probe } from "./probe.ts";

export interface Challenged {
  readonly section: Section;
  /** Where the challenge says the resource metadata is. */
  readonly metadataUrl?: string;
  readonly answer: Probe;
}

/** How the server answers somebody without a token, and somebody with a wrong one (mcp-auth.md 1.3). */
export async function checkChallenge(url: string): Promise<Challenged> {
  const found = new Findings(url);
  found.expect(
    isSecure(url),
    "https",
    "the server is reached over https, or on this machine",
    "error",
    "plain http: clients send no token there",
  );
  const answer = await initialize(url);
  const { metadataUrl } = withoutToken(found, answer);
  if (answer.status !== 0) await withWrongToken(found, url);
  return { section: { area: "challenge", findings: found.all }, answer, ...(metadataUrl === undefined ? {} : { metadataUrl }) };
}

function withoutToken(found: Findings, { status, trouble, headers }: Probe): { readonly metadataUrl?: string } {
  if (status === 0) {
    found.add("error", "reachable", `no answer: ${trouble ?? "none"}`);
    return {};
  }
  if (status !== 401) {
    const served = status >= 200 && status < 300;
    found.add(
      served ? "warning" : "error",
      "unauthorized",
      served
        ? "it serves without a token: clients never learn that they should log in"
        : `without a token it answers ${status}; only 401 makes a client look for an authorization server`,
    );
    return {};
  }
  found.add("ok", "unauthorized", "without a token it answers 401");
  return challengeOf(found, headers.get("www-authenticate"));
}

function challengeOf(found: Findings, header: string | null): { readonly metadataUrl?: string } {
  if (header === null) {
    found.add(
      "warning",
      "www-authenticate",
      "401 without WWW-Authenticate: clients have to guess where the resource metadata is (RFC 9728 §5.1)",
    );
    return {};
  }
  if (!/^bearer\b/i.test(header)) {
    found.add("error", "www-authenticate", `the challenge is not for Bearer: ${header.slice(0, 60)}`);
    return {};
  }
  const parameters = challengeParameters(header);
  const { resource_metadata: metadataUrl, scope } = parameters;
  if (metadataUrl === undefined) {
    found.add(
      "warning",
      "resource-metadata",
      "the challenge has no resource_metadata; clients that do not guess well-known paths stop here",
    );
    return {};
  }
  found.expect(
    isSecure(metadataUrl),
    "resource-metadata",
    "the challenge says where the resource metadata is",
    "error",
    `resource_metadata is no https URL: ${metadataUrl}`,
  );
  if (scope === undefined)
    found.add("info", "challenge-scope", "the challenge names no scope: clients ask for all of scopes_supported, or for none");
  return isSecure(metadataUrl) ? { metadataUrl } : {};
}

/** Parameters of a Bearer challenge (RFC 9110 §11.2). */
export function challengeParameters(header: string): Readonly<Partial<Record<string, string>>> {
  return Object.fromEntries(
    [...header.matchAll(/([A-Za-z_]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s",]+))/g)].map(([, name = "", quoted, plain]) => [
      name.toLowerCase(),
      quoted?.replaceAll(/\\(.)/g, "$1") ?? plain ?? "",
    ]),
  );
}

/** A server that takes a made-up token checks none. */
async function withWrongToken(found: Findings, url: string): Promise<void> {
  const { status, headers } = await initialize(url, { authorization: "Bearer made-up-by-grantline-doctor" });
  if (status >= 200 && status < 300) return found.add("error", "token-checked", "it takes a made-up token: it checks none");
  if (status !== 401)
    return found.add(
      "warning",
      "token-checked",
      `a made-up token gets ${status}, not 401: clients do not know that they should refresh or log in again`,
    );
  found.add("ok", "token-checked", "a made-up token gets 401");
  const { error } = challengeParameters(headers.get("www-authenticate") ?? "");
  if (error !== "invalid_token")
    found.add("info", "invalid-token", 'the challenge to a wrong token does not say error="invalid_token" (RFC 6750 §3.1)');
}

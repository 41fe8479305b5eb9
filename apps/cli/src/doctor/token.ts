import { difference, strings } from "./differences.ts";
import { challengeParameters } from "./challenge.ts";
import { Findings, type Section } from "./findings.ts";
import { initialize } from "./probe.ts";

interface Question {
  readonly server: string;
  readonly token: string;
  readonly issuer?: string | undefined;
  readonly nowSeconds: number;
}

/** What the token says of itself, and whether the server takes it. The token itself is in no finding. */
export async function checkToken({ server, token, issuer, nowSeconds }: Question): Promise<Section> {
  const found = new Findings(server);
  const claims = claimsOf(token);
  if (claims === undefined)
    found.add("info", "format", "the token is opaque: the server has to ask the authorization server about it (RFC 7662)");
  else checkClaims(found, claims, { server, issuer, nowSeconds });
  const { status, headers } = await initialize(server, { authorization: `Bearer ${token}` });
  const { error, scope } = challengeParameters(headers.get("www-authenticate") ?? "");
  if (status >= 200 && status < 300) found.add("ok", "accepted", "the server takes the token");
  else if (status === 403)
    found.add(
      "error",
      "accepted",
      `the server says 403 ${error ?? ""}: the token lacks a scope${scope === undefined ? "" : ` of ${scope}`}`,
    );
  else found.add("error", "accepted", `the server refuses the token: ${status}${error === undefined ? "" : ` ${error}`}`);
  const cut = await initialize(server, { authorization: `Bearer ${tampered(token)}` });
  found.expect(
    cut.status === 401,
    "tampered",
    "a changed token is refused",
    "error",
    `a changed token gets ${cut.status}, not 401: it is not verified`,
  );
  return { area: "token", findings: found.all };
}

/** One character of the signature, or of the secret, is another. */
function tampered(token: string): string {
  const at = Math.max(0, token.length - 12);
  return `${token.slice(0, at)}${token[at] === "A" ? "B" : "A"}${token.slice(at + 1)}`;
}

function claimsOf(token: string): Readonly<Record<string, unknown>> | undefined {
  const [, payload, signature] = token.split(".");
  if (payload === undefined || signature === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(Buffer.from(payload, "base64url").toString());
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

function checkClaims(
  found: Findings,
  claims: Readonly<Record<string, unknown>>,
  { server, issuer, nowSeconds }: Pick<Question, "server" | "issuer" | "nowSeconds">,
): void {
  const audiences = typeof claims["aud"] === "string" ? [claims["aud"]] : strings(claims["aud"]);
  const [first = ""] = audiences;
  found.expect(
    audiences.includes(server),
    "audience",
    "aud is the server's URL",
    "error",
    `aud is not the server's URL: ${difference(server, first) ?? ""}. The server must refuse it (RFC 8707)`,
  );
  if (issuer !== undefined) {
    const own = String(claims["iss"]);
    const apart = difference(issuer, own);
    if (apart === undefined) found.add("ok", "token-issuer", "iss is the authorization server");
    else found.add("error", "token-issuer", `iss is not the authorization server: ${apart}`, { expected: issuer, found: own });
  }
  const exp = claims["exp"];
  found.expect(
    typeof exp === "number" && exp > nowSeconds,
    "expiry",
    "the token has not ended",
    "error",
    "the token has ended, or never says when",
  );
}

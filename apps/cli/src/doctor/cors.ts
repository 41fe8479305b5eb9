import { Findings, type Finding, type Section } from "./findings.ts";
import { ORIGIN, probe, type Probe } from "./probe.ts";

const MCP_HEADERS = ["authorization", "content-type", "mcp-protocol-version", "mcp-session-id"];

interface Places {
  readonly server: string;
  /** The 401 of the server, whose headers a browser hides unless it is told. */
  readonly challenge: Probe;
  readonly documents: readonly Probe[];
  readonly metadata?: Readonly<Record<string, unknown>>;
}

/** What a client in a browser may see. Others do not care, so nothing here is an error. */
export async function checkCors({ server, challenge, documents, metadata = {} }: Places): Promise<Section> {
  const read = documents.filter(({ status }) => status === 200).flatMap((answer) => simple(answer));
  const endpoints = ["token_endpoint", "registration_endpoint"].flatMap((name) => {
    const url = metadata[name];
    return typeof url === "string" ? [{ url, headers: ["content-type"] }] : [];
  });
  const asked = await Promise.all([{ url: server, headers: MCP_HEADERS }, ...endpoints].map(preflight));
  return { area: "cors", findings: [...read, ...exposed(challenge), ...asked.flat()] };
}

function simple(answer: Probe): readonly Finding[] {
  const found = new Findings(answer.url);
  found.expect(
    allows(answer),
    "readable",
    "pages of other origins may read it",
    "warning",
    "no Access-Control-Allow-Origin: clients in a browser can't read it",
  );
  return found.all;
}

function exposed(challenge: Probe): readonly Finding[] {
  if (challenge.status !== 401) return [];
  const found = new Findings(challenge.url);
  if (!allows(challenge)) {
    found.add("warning", "readable", "the 401 has no Access-Control-Allow-Origin: clients in a browser see a network error");
    return found.all;
  }
  const names = listOf(challenge.headers.get("access-control-expose-headers"));
  found.expect(
    names.includes("www-authenticate") || names.includes("*"),
    "exposed",
    "WWW-Authenticate is exposed",
    "warning",
    "WWW-Authenticate is not in Access-Control-Expose-Headers: clients in a browser do not see where to go",
  );
  return found.all;
}

async function preflight({ url, headers }: { readonly url: string; readonly headers: readonly string[] }): Promise<readonly Finding[]> {
  const found = new Findings(url);
  const answer = await probe(url, {
    method: "OPTIONS",
    headers: { "access-control-request-method": "POST", "access-control-request-headers": headers.join(",") },
  });
  if (answer.status < 200 || answer.status >= 300 || !allows(answer)) {
    found.add("warning", "preflight", `no answer to a preflight (${answer.status}): clients in a browser can't send to it`);
    return found.all;
  }
  const allowed = listOf(answer.headers.get("access-control-allow-headers"));
  // Fetch standard: * does not stand for Authorization
  const missing = headers.filter((name) => !allowed.includes(name) && (name === "authorization" || !allowed.includes("*")));
  found.expect(
    missing.length === 0,
    "preflight",
    "a preflight is answered",
    "warning",
    `the preflight does not allow ${missing.join(", ")}`,
  );
  return found.all;
}

function allows({ headers }: Probe): boolean {
  const origin = headers.get("access-control-allow-origin");
  return origin === "*" || origin === ORIGIN;
}

function listOf(header: string | null): readonly string[] {
  return (header ?? "").split(",").map((each) => each.trim().toLowerCase());
}

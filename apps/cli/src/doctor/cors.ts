import { Findings, type Finding, type Section } from "./findings.ts";
import { initialize, ORIGIN, probe, type Probe } from "./probe.ts";

const MCP_HEADERS = ["authorization", "content-type", "mcp-protocol-version", "mcp-session-id"];

interface Places {
  readonly server: string;
  /** The server's answer to somebody without a token. */
  readonly challenge: Probe;
  readonly documents: readonly Probe[];
  readonly metadata?: Readonly<Record<string, unknown>>;
}

const FROM_PAGE = { origin: ORIGIN };

/** What a client in a browser may see. Others do not care, so nothing here is an error. */
export async function checkCors({ server, challenge, documents, metadata = {} }: Places): Promise<Section> {
  const readable = documents.filter(({ status }) => status === 200);
  const endpoints = ["token_endpoint", "registration_endpoint"].flatMap((name) => {
    const url = metadata[name];
    return typeof url === "string" ? [{ url, headers: ["content-type"] }] : [];
  });
  const shut = challenge.status !== 403 && (await initialize(server, FROM_PAGE)).status === 403;
  // who shuts pages out of the server need not let them read about it
  const read = await Promise.all(readable.map(({ url }) => checkDocument(url, shut ? "info" : "warning")));
  const asked = await Promise.all([...(shut ? [] : [{ url: server, headers: MCP_HEADERS }]), ...endpoints].map(preflight));
  return {
    area: "cors",
    findings: [...read.flat(), ...(shut ? shutOut(server) : await exposed(server, challenge)), ...asked.flat()],
  };
}

async function checkDocument(url: string, severity: "info" | "warning"): Promise<readonly Finding[]> {
  const found = new Findings(url);
  const answer = await probe(url, { headers: FROM_PAGE });
  found.expect(
    answer.status === 200 && allows(answer),
    "readable",
    "pages of other origins may read it",
    severity,
    answer.status === 200
      ? "no Access-Control-Allow-Origin: clients in a browser can't read it"
      : `a page of another origin gets ${answer.status}: clients in a browser can't read it`,
  );
  return found.all;
}

/** MCP wants servers to look at Origin (DNS rebinding); one that takes none but its own is none for browsers. */
function shutOut(server: string): readonly Finding[] {
  const found = new Findings(server);
  found.add("info", "origin", "it refuses requests from pages of other origins (403): not for clients in a browser, which may be meant");
  return found.all;
}

async function exposed(server: string, { status }: Probe): Promise<readonly Finding[]> {
  if (status !== 401) return [];
  const challenge = await initialize(server, FROM_PAGE);
  const found = new Findings(server);
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
    headers: { ...FROM_PAGE, "access-control-request-method": "POST", "access-control-request-headers": headers.join(",") },
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

import type { HttpRequest } from "@grantline/oauth/http";

/** Of the client's headers the server gets what MCP is made of, and nothing else: no credential, no cookie, no address, nothing hop-by-hop. */
const ONWARD = ["accept", "content-type", "mcp-protocol-version", "last-event-id"];
/** Mirrors of the body. Only where they were checked against it. */
const MIRRORED = ["mcp-method", "mcp-name"];
/** Of the server's answer the client gets this: no cookie for our origin, no challenge, no redirect, no policy of theirs. */
const BACK = ["content-type", "mcp-protocol-version", "retry-after", "allow"];

type Headers = Record<string, string>;

export function onwardHeaders({ headers }: Pick<HttpRequest, "headers">, { checked }: { readonly checked: boolean }): Headers {
  const onward: Headers = { "user-agent": "grantline-gateway", "accept-encoding": "identity" };
  for (const [name, value] of Object.entries(headers)) {
    if (typeof value !== "string") continue;
    // MCP 2026-07-28: intermediaries forward Mcp-Param-… they do not know
    const passes = ONWARD.includes(name) || (checked && (MIRRORED.includes(name) || name.startsWith("mcp-param-")));
    if (passes) onward[name] = value;
  }
  return onward;
}

export function backHeaders(answered: Readonly<Record<string, string | string[] | undefined>>): Headers {
  const back: Headers = { "cache-control": "no-store" };
  for (const name of BACK) {
    const value = answered[name];
    if (typeof value === "string") back[name] = value;
  }
  return back;
}

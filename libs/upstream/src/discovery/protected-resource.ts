import { OutboundError, type SafeExchange, type SafeFetch } from "@grantline/oauth/outbound";
import { z } from "zod";
import { ProviderTrouble } from "../providers/trouble.ts";

/** Bytes a metadata document may have; those of big providers have some. */
export const METADATA_LIMIT = 64 * 1024;

export interface DiscoveryParts {
  readonly fetcher: SafeFetch;
  readonly exchange: SafeExchange;
}

/** What an MCP server says of itself (RFC 9728): how it is to be named, and who gives tokens for it. */
export interface ProtectedResource {
  /** Verbatim, for `resource`; absent for a server without metadata. */
  readonly resource?: string;
  readonly authorizationServer: string;
  /** MCP authorization, scope selection: what its challenge asks for, else all it shows; empty: nothing is to be asked. */
  readonly scopes: readonly string[];
}

interface Challenge {
  /** `resource_metadata`, where it is of the server's own origin: it speaks for no other. */
  readonly place?: string;
  readonly scopes?: readonly string[];
}

const schema = z.object({
  resource: z.string(),
  authorization_servers: z.array(z.string()).min(1),
  scopes_supported: z.array(z.string()).optional(),
});

/**
 * RFC 9728 §3: the place its challenge names, else the well-known one with its path, else the one without. Without any of them the server is from before
 * there was such a document, and its own origin is the authorization server (MCP 2025-03-26). Throws ProviderTrouble.
 */
export async function describeResource(parts: DiscoveryParts, url: string): Promise<ProtectedResource> {
  const { origin, pathname } = new URL(url);
  const path = pathname === "/" ? "" : pathname;
  const wellKnown = `${origin}/.well-known/oauth-protected-resource`;
  const { place: named, scopes } = await challengeOf(parts, url);
  for (const place of new Set([...(named === undefined ? [] : [named]), `${wellKnown}${path}`, wellKnown])) {
    const text = await documentAt(parts, place);
    if (text === undefined) continue;
    const described = readResource(text, url);
    return scopes === undefined ? described : { ...described, scopes };
  }
  return { authorizationServer: origin, scopes: scopes ?? [] };
}

/** How the server answers a call without a token. One with nothing to be done: some challenge only what they would have to do, and a GET is a stream. */
async function challengeOf({ exchange }: DiscoveryParts, url: string): Promise<Challenge> {
  const answer = await exchange(url, {
    method: "POST",
    headers: { "content-type": "application/json", accept: "application/json, text/event-stream" },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "ping" }),
    headersOnly: true,
  }).catch(notAnswered);
  const challenge = answer?.headers["www-authenticate"] ?? "";
  const place = parameterOf(challenge, "resource_metadata");
  const scopes = parameterOf(challenge, "scope")?.split(" ");
  return {
    ...(place !== undefined && URL.canParse(place) && new URL(place).origin === new URL(url).origin ? { place } : {}),
    ...(scopes === undefined ? {} : { scopes: askable(scopes) }),
  };
}

// RFC 6749 §3.3
const SCOPE = /^[\x21\x23-\x5b\x5d-\x7e]{1,256}$/;
/** They travel in the authorization URL, and within our own state back to us. A server that wants more wants its operator to choose. */
const MOST_CHARACTERS = 4_000;

/** What of a stranger's list of scopes can be asked for: those that are scopes, from the first on, as far as they fit. */
function askable(named: readonly string[]): readonly string[] {
  const scopes: string[] = [];
  let length = 0;
  for (const scope of new Set(named)) {
    if (!SCOPE.test(scope)) continue;
    length += scope.length + 1;
    if (length > MOST_CHARACTERS) break;
    scopes.push(scope);
  }
  return scopes;
}

/** RFC 9110 §11.2: a quoted string, or a token; some leave the quotes out where they are needed. */
function parameterOf(challenge: string, name: "resource_metadata" | "scope"): string | undefined {
  const [, quoted, plain] = new RegExp(`(?:^|[\\s,])${name}=(?:"([^"\\\\]{1,2048})"|([^\\s",]{1,2048}))`).exec(challenge) ?? [];
  return quoted ?? plain;
}

/** One way of asking that failed is not the end: the well-known places are asked next, and what is wrong with the host shows there. */
function notAnswered(error: unknown): undefined {
  if (!(error instanceof OutboundError)) throw error;
}

/** The document, undefined when there is none there. Throws ProviderTrouble when that can't be known, or must not be asked. */
export async function documentAt({ fetcher }: Pick<DiscoveryParts, "fetcher">, place: string): Promise<string | undefined> {
  try {
    return (await fetcher.fetch(place, { maxBytes: METADATA_LIMIT })).text;
  } catch (error) {
    if (!(error instanceof OutboundError)) throw error;
    if (error.temporary) throw new ProviderTrouble("transient", `outbound-${error.failure}`);
    if (error.failure === "status" || error.failure === "content-type" || error.failure === "redirected") return undefined;
    throw new ProviderTrouble("setup", `outbound-${error.failure}`);
  }
}

function readResource(text: string, url: string): ProtectedResource {
  const document = schema.safeParse(parseJson(text));
  if (!document.success) throw new ProviderTrouble("setup", "resource-metadata-invalid");
  const { resource, authorization_servers: servers, scopes_supported: scopes = [] } = document.data;
  // RFC 9728 §3.3: a document that speaks of another resource is not believed
  if (!speaksOf(resource, url)) throw new ProviderTrouble("setup", "resource-metadata-of-another");
  return { resource, authorizationServer: servers[0] ?? "", scopes: askable(scopes) };
}

/** The server itself, or the part of its origin that it is in. */
function speaksOf(resource: string, url: string): boolean {
  if (!URL.canParse(resource)) return false;
  const [named, server] = [new URL(resource), new URL(url)];
  const path = named.pathname.endsWith("/") ? named.pathname : `${named.pathname}/`;
  return named.origin === server.origin && `${server.pathname}/`.startsWith(path);
}

/** Undefined for what is no JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

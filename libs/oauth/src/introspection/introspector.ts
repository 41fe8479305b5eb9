import { authenticateBearer } from "../bearer/index.ts";
import {
  authenticateClient,
  type AuthenticatedClient,
  type ClientAuthenticationSources,
  proofEnd,
} from "../client-authentication/index.ts";
import type { OAuthContext } from "../context/index.ts";
import { OAuthError } from "../errors/index.ts";
import type { HttpRequest, Parameters } from "../http/index.ts";
import { scopeCeiling } from "../resource/index.ts";
import type { TokenSources } from "../tokens/index.ts";

export type IntrospectionContext = TokenSources & ClientAuthenticationSources;

/** Who asks, and what it may see. */
export interface Introspector {
  readonly clientId: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Sees every token. */
  readonly admin: boolean;
  /** Resource ids an operator let it introspect beside its own. */
  readonly introspects: readonly string[];
  /** Algorithm it registered for signed answers. */
  readonly alg?: string;
  /** Until when its proof stays good by itself, epoch seconds. Absent: every request must be proven and counted anew. */
  readonly keptUntil?: number;
}

const INTROSPECT = "grantline:introspect";
const ADMIN = "grantline:admin";

/** RFC 7662 §2.1: the endpoint is for authorized callers only: a confidential client, or a token with grantline:introspect. */
export async function introspectorOf(context: IntrospectionContext, request: HttpRequest, params: Parameters): Promise<Introspector> {
  const { authorization } = request.headers;
  if (typeof authorization === "string" && /^bearer /i.test(authorization)) {
    const token = await authenticateBearer(context, request, { resource: context.settings.adminResource, scopes: [INTROSPECT] });
    return { clientId: token.clientId, headers: {}, admin: true, introspects: [] };
  }
  const client = await authenticateClient(context, request, params);
  // RFC 7662 §4: anybody can say the name of a public client, so it proves nothing
  if (client.method === "none")
    throw new OAuthError("invalid_client", "introspection-not-allowed", "Introspection needs client authentication.");
  return fromClient(client, proofEnd(context, client));
}

function fromClient(client: AuthenticatedClient, keptUntil: number | undefined): Introspector {
  const { settings, metadata, verification } = client.state;
  const alg = metadata.introspection_signed_response_alg;
  // P14: grantline:* comes from an operator, never from what a client registered about itself
  const ceiling = verification === "operator" ? (settings.allowedScopes ?? scopeCeiling(client)) : undefined;
  return {
    clientId: client.clientId,
    headers: client.headers,
    admin: ceiling !== undefined && (ceiling.includes(ADMIN) || ceiling.includes(INTROSPECT)),
    introspects: settings.introspects ?? [],
    ...(alg === undefined ? {} : { alg }),
    ...(keptUntil === undefined ? {} : { keptUntil }),
  };
}

/** Only a resource's own client, one an operator named, or an admin may look at its tokens (RFC 7662 §4). */
export async function maySee(
  context: Pick<OAuthContext, "resources">,
  caller: Introspector,
  resourceId: string | undefined,
): Promise<boolean> {
  if (caller.admin) return true;
  if (resourceId === undefined) return false;
  if (caller.introspects.includes(resourceId)) return true;
  const { state } = context.resources.loadCached(resourceId) ?? (await context.resources.load(resourceId));
  return state.status === "active" && state.clientId === caller.clientId;
}

import { clientStreamId, type OAuthContext } from "@grantline/oauth/context";
import { authenticateBearer } from "@grantline/oauth/bearer";
import { OAuthError } from "@grantline/oauth/errors";
import { formParameters, type HttpRequest, queryParameters } from "@grantline/oauth/http";
import { type Introspector, introspectorOf, type IntrospectionContext, maySee } from "@grantline/oauth/introspection";
import { findResource } from "@grantline/oauth/resource";
import type { AccessTokenView } from "@grantline/oauth/tokens";
import type { Follows } from "./entry.ts";

/** Who asks to follow what. */
export interface Subscriber {
  readonly clientStream: string;
  readonly follows: Follows;
  /** When its proof ends, epoch seconds; absent: with its secret, which is looked at anew with every line. */
  readonly until?: number;
}

export type SubscriberSources = IntrospectionContext & Pick<OAuthContext, "settings">;

const MOST_RESOURCES = 50;
/** Nobody's own: opens every resource. */
const ADMIN_SCOPES = ["grantline:admin", "grantline:introspect"];

/**
 * P14: a resource's own client, one an operator named, or an admin. Client authentication (RFC 6749 §2.3.1), or a bearer token: with `grantline:introspect`
 * for the admin API, or one the resource's own client got for its own resource. Throws OAuthError.
 */
export async function subscriberOf(context: SubscriberSources, request: HttpRequest): Promise<Subscriber> {
  const wanted = queryParameters(request.query).all("resource");
  if (wanted.length > MOST_RESOURCES) throw new OAuthError("invalid_target", "resource-malformed", "That is too many resources at once.");
  const { authorization } = request.headers;
  const byToken = typeof authorization === "string" && /^bearer /i.test(authorization);
  if (!byToken) return followed(context, await introspectorOf(context, request, formParameters(undefined)), wanted, () => true);
  const token = await authenticateBearer(context, request, { scopes: [] });
  const subscriber = await followed(context, introspectorByToken(context, token), wanted, (uri) => uri === token.aud);
  return { ...subscriber, until: token.exp };
}

/**
 * A token is as good as the audience it was issued for (RFC 9068 §4): one for another resource could have been kept by that one. It proves its client
 * only when no person is behind it.
 */
function introspectorByToken({ settings }: SubscriberSources, token: AccessTokenView): Introspector {
  const admin = token.aud === settings.adminResource && token.scope.some((scope) => ADMIN_SCOPES.includes(scope));
  if (!admin && token.grantId !== undefined) throw refused();
  return { clientId: token.clientId, headers: {}, admin, introspects: [] };
}

async function followed(
  context: SubscriberSources,
  caller: Introspector,
  wanted: readonly string[],
  provenFor: (uri: string) => boolean,
): Promise<Subscriber> {
  const clientStream = clientStreamId(caller.clientId);
  if (wanted.length === 0 && caller.admin) return { clientStream, follows: "everything" };
  if (wanted.length === 0) throw new OAuthError("invalid_request", "parameter-missing", "resource is required: say which ones to follow.");
  const ids: string[] = [];
  for (const uri of wanted) {
    const resource = await findResource(context, uri);
    // the same answer for what is not there and what is somebody else's
    if (resource === undefined || !(await maySee(context, caller, resource.resourceId))) throw refused();
    if (!caller.admin && !provenFor(resource.uri)) throw refused();
    ids.push(resource.resourceId);
  }
  return { clientStream, follows: [...new Set(ids)].toSorted() };
}

function refused(): OAuthError {
  return new OAuthError("invalid_target", "resource-not-allowed", "Only a resource's own client may follow its revocations.", {
    status: 403,
  });
}

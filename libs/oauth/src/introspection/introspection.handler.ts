import { StreamParked } from "@grantline/event-store";
import { type Endpoint, formParameters, type HttpRequest, type HttpResponse } from "../http/index.ts";
import { findAccessToken, findRefreshToken, parseRefreshToken } from "../tokens/index.ts";
import { parseIntrospectionRequest } from "./introspection.request.ts";
import { accessTokenFacts, inactive, type IntrospectionAnswer, introspectionResponse, refreshTokenFacts } from "./introspection.response.ts";
import { type IntrospectionContext, type Introspector, introspectorOf, maySee } from "./introspector.ts";

/** POST /introspect (RFC 7662, RFC 9701). */
export function introspectionEndpoints(context: IntrospectionContext): readonly Endpoint[] {
  return [
    {
      id: "introspection",
      method: "POST",
      path: `${context.settings.basePath}/introspect`,
      accepts: "form",
      audience: "program",
      handle: (request) => introspect(context, request),
    },
  ];
}

async function introspect(context: IntrospectionContext, request: HttpRequest): Promise<HttpResponse> {
  const params = formParameters(request.body);
  const caller = await introspectorOf(context, request, params);
  const { token, signed } = parseIntrospectionRequest(request, params);
  const answer = (await visibleFacts(context, caller, token).catch(inactiveWhenParked)) ?? inactive;
  return introspectionResponse(context, caller, answer, signed);
}

/** P11: what rests on a stream this release can't read is not vouched for. The store away is another matter, and the rim's to say. */
function inactiveWhenParked(error: unknown): undefined {
  if (!(error instanceof StreamParked)) throw error;
}

/** Undefined alike for what is not active and for what is not the caller's to see. */
async function visibleFacts(context: IntrospectionContext, caller: Introspector, token: string): Promise<IntrospectionAnswer | undefined> {
  if (parseRefreshToken(token) !== undefined) {
    const refresh = await findRefreshToken(context, token);
    const visible = refresh?.current === true && (caller.admin || refresh.clientId === caller.clientId);
    return visible ? refreshTokenFacts(context.settings.issuer, refresh) : undefined;
  }
  const access = await findAccessToken(context, token);
  if (access === undefined || !(await maySee(context, caller, access.resourceId))) return undefined;
  return accessTokenFacts(context.settings.issuer, access);
}

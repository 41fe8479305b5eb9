import { authenticateBearer } from "../bearer/index.ts";
import type { OAuthContext } from "../context/index.ts";
import { type Endpoint, type HttpRequest, type HttpResponse, json } from "../http/index.ts";
import { personalClaims, type TokenSources } from "../tokens/index.ts";

export type UserinfoContext = TokenSources & Pick<OAuthContext, "settings" | "subjectKeys">;

/** GET and POST /userinfo (OIDC Core §5.3): the claims a token with `openid` was given, by scope. */
export function userinfoEndpoints(context: UserinfoContext): readonly Endpoint[] {
  const path = `${context.settings.basePath}/userinfo`;
  const handle = (request: HttpRequest): Promise<HttpResponse> => userinfo(context, request);
  return [
    { id: "userinfo", method: "GET", path, cors: true, audience: "program", handle },
    { id: "userinfo-post", method: "POST", path, accepts: "form", cors: true, audience: "program", handle },
  ];
}

async function userinfo(context: UserinfoContext, request: HttpRequest): Promise<HttpResponse> {
  // OIDC Core §5.3.1: the token of an OpenID authentication, so openid is needed
  // RFC 9068 §4: one issued for userinfo, so that a server that was handed a token for itself learns nothing of the person with it
  const token = await authenticateBearer(context, request, { issuer: context.settings.issuer, scopes: ["openid"] });
  return json(200, { ...(await personalClaims(context, token.sub, token.scope)), sub: token.sub });
}

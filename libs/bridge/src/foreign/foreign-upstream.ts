import { OAuthError } from "@grantline/oauth/errors";
import { parseOptionalScope } from "@grantline/oauth/scope";
import type { FacadeUpstream } from "../facade/upstream.port.ts";
import { asAnswer } from "../process/as-answer.ts";
import { registeredScopes } from "../registered-scopes.ts";
import type { ForeignServer } from "./foreign-server.ts";

/** A server that speaks RFC 7591, as authorization server. Its scopes are the client's; what its tokens are for is that server's affair. */
export function foreignUpstream(server: ForeignServer, scopes: readonly string[]): FacadeUpstream {
  return {
    scopes,
    async endpoints() {
      const metadata = await server.metadata().catch((error: unknown) => {
        throw asAnswer(error);
      });
      const { authorization_endpoint: authorization, token_endpoint: token, jwks_uri: jwks } = metadata;
      return { authorization, token, ...(jwks === undefined ? {} : { jwks }) };
    },
    toUpstream({ metadata }, asked) {
      // what was not registered there is left out here (RFC 6749 §3.3): some servers refuse the whole request for it
      const registered = registeredScopes(scopes, metadata);
      const names = (parseOptionalScope(asked) ?? registered).filter((name) => registered.includes(name));
      if (names.length === 0)
        throw new OAuthError("invalid_scope", "scope-unknown", "None of the scopes is one this client may have here.");
      return names.join(" ");
    },
    fromUpstream: (scope) => scope,
    wantsSecret: () => true,
    checkAccessToken: () => undefined,
  };
}

import type { OAuthContext } from "../context/index.ts";
import { type Endpoint, json } from "../http/index.ts";

/** Seconds a key set may be cached: keys are published long before they sign, and a compromised one must go soon. */
const CACHE_SECONDS = 60;

/** GET /jwks (RFC 7517 §5): the public keys of every token that may still be good. */
export function jwksEndpoints(context: Pick<OAuthContext, "settings" | "signer">): readonly Endpoint[] {
  return [
    {
      id: "jwks",
      method: "GET",
      path: `${context.settings.basePath}/jwks`,
      cors: true,
      audience: "program",
      handle: async () => {
        await context.signer.current();
        return json(200, context.signer.jwks(), {
          "content-type": "application/jwk-set+json",
          "cache-control": `public, max-age=${CACHE_SECONDS}`,
        });
      },
    },
  ];
}

import { requireCapability } from "@grantline/oauth/flags";
import type { UpstreamContext } from "../context.ts";
import type { GatewayServer } from "../upstream.port.ts";

/** May a person connect an account there now? Throws OAuthError 503 or 403 where an operator has switched that off. */
export function requireConnectable({ flags }: Pick<UpstreamContext, "flags">, { provider }: GatewayServer, user: string): void {
  requireCapability(flags, "upstream.authorization", { subject: user, provider });
  if (provider === "discovered") requireCapability(flags, "upstream.discovery", { subject: user, provider });
}

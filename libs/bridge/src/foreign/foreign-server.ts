import { isLoopbackHost } from "@grantline/oauth/outbound";
import { z } from "zod";
import type { Fetch } from "../fetch.port.ts";
import { TargetRefused, TargetUnavailable } from "../target.port.ts";

const TRY_MS = 10_000;
const KEPT_MS = 600_000;

const endpoint = z.url().refine(mayBeCalled, "neither https nor on this machine");
const metadataSchema = z.object({
  issuer: z.string(),
  authorization_endpoint: endpoint,
  token_endpoint: endpoint,
  registration_endpoint: endpoint,
  jwks_uri: endpoint.optional(),
  scopes_supported: z.array(z.string()).optional(),
});
export type ForeignMetadata = z.infer<typeof metadataSchema>;

export interface ForeignServer {
  metadata(): Promise<ForeignMetadata>;
}

/** The metadata of the server the operator named, kept for ten minutes: OpenID's place first (Keycloak, Okta), else RFC 8414's. */
export function foreignServer(issuer: string, send: Fetch): ForeignServer {
  let known: { readonly metadata: ForeignMetadata; readonly untilMs: number } | undefined;
  return {
    async metadata() {
      if (known !== undefined && known.untilMs > performance.now()) return known.metadata;
      const metadata = await discover(issuer, send);
      known = { metadata, untilMs: performance.now() + KEPT_MS };
      return metadata;
    },
  };
}

async function discover(issuer: string, send: Fetch): Promise<ForeignMetadata> {
  const { origin, pathname } = new URL(issuer);
  const path = pathname === "/" ? "" : pathname;
  const places = [`${origin}${path}/.well-known/openid-configuration`, `${origin}/.well-known/oauth-authorization-server${path}`];
  for (const place of places) {
    const response = await get(place, send);
    if (response.status === 404) continue;
    if (!response.ok) throw new TargetUnavailable(`the metadata of the target could not be read: ${response.status}`);
    const parsed = metadataSchema.safeParse(await response.json().catch(() => undefined));
    // RFC 8414 §3.3: a document that names another issuer is somebody else's
    if (!parsed.success || parsed.data.issuer !== issuer)
      throw new TargetRefused("target-metadata-invalid", "the metadata of the target is another issuer's, or offers no registration");
    return parsed.data;
  }
  throw new TargetRefused("target-metadata-invalid", "the target has no metadata");
}

function get(url: string, send: Fetch): Promise<Response> {
  return send(url, {
    method: "GET",
    headers: { accept: "application/json" },
    redirect: "error",
    signal: AbortSignal.timeout(TRY_MS),
  }).catch((error: unknown) => {
    throw new TargetUnavailable(`the target could not be reached (${error instanceof Error ? error.name : "no answer"})`);
  });
}

function mayBeCalled(text: string): boolean {
  const url = URL.parse(text);
  return url?.protocol === "https:" || (url?.protocol === "http:" && isLoopbackHost(url.hostname));
}

import type { UpstreamContext } from "../context.ts";

type Settings = { readonly settings: Pick<UpstreamContext["settings"], "origin"> };

export const CALLBACK_PATH = "/connect/callback";
export const CLIENT_DOCUMENT_PATH = "/connect/client.json";

/** Where providers send the browser back to. */
export function callbackUrl({ settings }: Settings): string {
  return `${settings.origin}${CALLBACK_PATH}`;
}

/** Who we are to servers that take Client ID Metadata Documents: the URL of our own. */
export function clientDocumentUrl({ settings }: Settings): string {
  return `${settings.origin}${CLIENT_DOCUMENT_PATH}`;
}

/** What we say of ourselves, in the document and at registration endpoints (RFC 7591 §2). */
export function ourMetadata(context: Settings) {
  return {
    client_name: `Grantline gateway at ${new URL(context.settings.origin).host}`,
    client_uri: context.settings.origin,
    redirect_uris: [callbackUrl(context)],
    grant_types: ["authorization_code", "refresh_token"],
    response_types: ["code"],
    application_type: "web",
  };
}

/** Our Client ID Metadata Document: `client_id` is its own URL, and there is no secret to be had. */
export function clientDocument(context: Settings) {
  return { client_id: clientDocumentUrl(context), ...ourMetadata(context), token_endpoint_auth_method: "none" };
}

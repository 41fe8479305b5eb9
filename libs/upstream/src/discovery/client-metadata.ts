import type { UpstreamContext } from "../context.ts";

type Settings = { readonly settings: Pick<UpstreamContext["settings"], "origin"> };

/** An authorization server, as far as it matters to how we come back from it. */
export interface CameFrom {
  readonly issuer: string;
  /** Its answers say whose they are (RFC 9207). */
  readonly sendsIssuer: boolean;
}

export const CALLBACK_PATH = "/connect/callback";
export const CLIENT_DOCUMENT_PATH = "/connect/client.json";
const OWN_CALLBACK = "/connect/back";
const OWN_DOCUMENT = "/connect/clients";
export const OWN_CALLBACK_PATH = `${OWN_CALLBACK}/:issuer`;
export const OWN_DOCUMENT_PATH = `${OWN_DOCUMENT}/:issuer`;

/** Where providers send the browser back to, who are set up by hand or say who they are. */
export function callbackUrl({ settings }: Settings): string {
  return `${settings.origin}${CALLBACK_PATH}`;
}

/**
 * The same for any server a stranger may have named. RFC 9700 §4.4.2: from one that does not say who it is the browser comes back to a place of its own. Otherwise
 * a server that sends people on to another one would get that one's codes (mix-up), and with them the PKCE verifier.
 */
export function callbackFrom(context: Settings, { issuer, sendsIssuer }: CameFrom): string {
  return sendsIssuer ? callbackUrl(context) : `${context.settings.origin}${OWN_CALLBACK}/${placeOf(issuer)}`;
}

/** Who we are to servers that take Client ID Metadata Documents: the URL of our own; to one that does not say who it is, another client than to all others. */
export function clientDocumentUrl({ settings }: Settings, { issuer, sendsIssuer }: CameFrom): string {
  return `${settings.origin}${sendsIssuer ? CLIENT_DOCUMENT_PATH : `${OWN_DOCUMENT}/${placeOf(issuer)}`}`;
}

/** What we say of ourselves, in the document and at registration endpoints (RFC 7591 §2). */
export function ourMetadata(context: Settings, from?: CameFrom) {
  return {
    client_name: `Grantline gateway at ${new URL(context.settings.origin).host}`,
    client_uri: context.settings.origin,
    redirect_uris: [...new Set([callbackUrl(context), ...(from === undefined ? [] : [callbackFrom(context, from)])])],
    grant_types: ["authorization_code", "refresh_token"],
    response_types: ["code"],
    application_type: "web",
  };
}

/** Our Client ID Metadata Document: `client_id` is its own URL, and there is no secret to be had. */
export function clientDocument(context: Settings, from: CameFrom = { issuer: "", sendsIssuer: true }) {
  const { client_name: name, ...metadata } = ourMetadata(context);
  return {
    client_id: clientDocumentUrl(context, from),
    ...metadata,
    // whoever is asked to allow it at another server sees whose client it is
    client_name: from.sendsIssuer ? name : `${name} for ${new URL(from.issuer).host}`,
    redirect_uris: [callbackFrom(context, from)],
    token_endpoint_auth_method: "none",
  };
}

function placeOf(issuer: string): string {
  return Buffer.from(issuer).toString("base64url");
}

/** The issuer a place of its own is for; undefined where there is no such place. */
export function issuerAt(place: string): string | undefined {
  const issuer = Buffer.from(place, "base64url").toString();
  return placeOf(issuer) === place && URL.canParse(issuer) && /^https?:$/.test(new URL(issuer).protocol) ? issuer : undefined;
}

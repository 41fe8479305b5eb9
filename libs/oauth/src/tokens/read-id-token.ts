import type { OAuthContext } from "../context/index.ts";

/** Whom an ID token speaks of, and to which client it was issued. */
export interface IdTokenFacts {
  readonly clientId: string;
  readonly subject: string;
  readonly sessionId?: string;
}

/** What an ID token of ours says, however old (it is a hint, no proof); undefined for whatever is none. An access token has another typ. */
export function readIdToken(context: Pick<OAuthContext, "signer" | "settings">, jwt: string): IdTokenFacts | undefined {
  const verified = context.signer.verify(jwt);
  const { iss, aud, sub, sid } = verified?.payload ?? {};
  const clientId = Array.isArray(aud) ? aud[0] : aud;
  if (verified?.header["typ"] !== "JWT" || iss !== context.settings.issuer) return undefined;
  if (typeof sub !== "string" || typeof clientId !== "string") return undefined;
  return { clientId, subject: sub, ...(typeof sid === "string" ? { sessionId: sid } : {}) };
}

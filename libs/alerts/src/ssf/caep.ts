import type { SignalKind } from "@grantline/domain/receiver";

/** Event types of CAEP 1.0 and SSF 1.0 by our names. */
export const SIGNAL_URIS: Readonly<Record<SignalKind, string>> = {
  "session-revoked": "https://schemas.openid.net/secevent/caep/event-type/session-revoked",
  "credential-change": "https://schemas.openid.net/secevent/caep/event-type/credential-change",
  "risk-level-change": "https://schemas.openid.net/secevent/caep/event-type/risk-level-change",
};
export const VERIFICATION = "https://schemas.openid.net/secevent/ssf/event-type/verification";

// RFC 9493 §3.2.4, and SSF 1.0 §3.3 for the complex one
export type SubjectId =
  | { readonly format: "iss_sub"; readonly iss: string; readonly sub: string }
  | { readonly format: "opaque"; readonly id: string }
  | { readonly format: "complex"; readonly user: SubjectId; readonly session: SubjectId; readonly application?: SubjectId };

/** One signal, whoever it will be sent to. */
export interface Signal {
  readonly kind: SignalKind;
  readonly subject: SubjectId;
  /** Members of the event besides `event_timestamp`. */
  readonly members: Readonly<Record<string, unknown>>;
}

export function kindOfUri(uri: string): SignalKind | undefined {
  return (Object.keys(SIGNAL_URIS) as SignalKind[]).find((kind) => SIGNAL_URIS[kind] === uri);
}

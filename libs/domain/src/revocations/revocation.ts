/** What a revocation is of. `consent`, `client`, `subject` and `resource` are told by generation, the others by name. */
export type RevocationKind = "grant" | "token" | "subject" | "client" | "resource" | "consent" | "session" | "key";

/** A broad or narrow end of something that was valid: everything a validator must know to stop believing a token. */
export interface Revocation {
  readonly kind: RevocationKind;
  /**
   * grant: its id (`gid`). token: its jti. session: its id. key: its kid. subject, client, resource, consent: the id of the stream, that is
   * `sub`, `clientStreamId(client_id)`, `resourceStreamId(aud)` and `consentStreamId(sub, client_id)`.
   */
  readonly id: string;
  /** What was made under a lower generation is dead. Absent: all of it is. */
  readonly generation?: number;
  /** Kebab id, or for keys and clients an operator's words. */
  readonly reason: string;
}

import type { catalogue, StreamName } from "../catalogue/catalogue.ts";
import type { Revocation } from "./revocation.ts";

/**
 * `nothing`: takes nothing away from anybody.
 * `narrows`: something that could be had can't be had any more (a scope, a secret, a redirect URI), but what was issued stays valid.
 * A function: what was issued is dead, and this is what to tell validators.
 */
export type Effect = "nothing" | "narrows" | ((id: string, data: never) => readonly Revocation[]);

/** Every event type has to say what it takes away: one that is missing here does not compile. */
export type Classification = { readonly [S in StreamName]: { readonly [T in keyof (typeof catalogue)[S]]: Effect } };

type Raised = { readonly generation: number; readonly reason: string };

export const classification: Classification = {
  grant: {
    GrantAuthorized: "nothing",
    GrantDenied: "nothing",
    // Codes and refresh generations are spent by the append itself (P2), and a refusal is decided on state just read: no cache is believed
    CodeRedeemed: "nothing",
    RefreshTokenRotated: "nothing",
    RefreshRetried: "nothing",
    // These two say why; the GrantRevoked of the same append does it (P3)
    CodeReplayDetected: "nothing",
    RefreshReuseDetected: "nothing",
    AccessTokenRevoked: (_id, { jti }: { jti: string }) => [{ kind: "token", id: jti, reason: "token-revocation" }],
    GrantRevoked: (id, { reason }: { reason: string }) => [{ kind: "grant", id, reason }],
    // A grant whose code was never redeemed has no tokens, so there is nothing to tell
    GrantExpired: (id, { reason }: { reason: string }) => (reason === "code" ? [] : [{ kind: "grant", id, reason: `expired-${reason}` }]),
  },
  issuance: { AccessTokenIssued: "nothing" },
  token: {
    AccessTokenRevoked: (_id, { jti, reason }: { jti: string; reason: string }) => [{ kind: "token", id: jti, reason }],
  },
  client: {
    ClientRegistered: "nothing",
    // May drop redirect URIs, keys, scopes, resources, secrets, the right to introspect
    ClientUpdated: "narrows",
    ClientSecretIssued: "nothing",
    ClientSecretRetired: "narrows",
    ClientSuspended: (id, { generation, reason }: Raised) => [{ kind: "client", id, generation, reason }],
    ClientReinstated: "nothing",
    ClientDeleted: (id, { generation, reason }: Raised) => [{ kind: "client", id, generation, reason }],
    RegistrationTokenRotated: "narrows",
    ClientGenerationRaised: (id, { generation, reason }: Raised) => [{ kind: "client", id, generation, reason }],
  },
  keyring: {
    SigningKeyCreated: "nothing",
    SigningKeyPublished: "nothing",
    SigningKeyActivated: "nothing",
    // It may not sign any more; what it signed lives on until it is removed, and is dead of itself by then
    SigningKeyRetired: "narrows",
    SigningKeyRemoved: "narrows",
    SigningKeyCompromised: (_id, { kid, reason }: { kid: string; reason: string }) => [{ kind: "key", id: kid, reason }],
  },
  resource: {
    ResourceRegistered: "nothing",
    ScopesDefined: "narrows",
    AccessPolicySet: "narrows",
    TokenPolicySet: "narrows",
    ResourceGenerationRaised: (id, { generation, reason }: Raised) => [{ kind: "resource", id, generation, reason }],
    ResourceRemoved: (id, { generation }: { generation: number }) => [{ kind: "resource", id, generation, reason: "resource-removed" }],
  },
  consent: {
    ConsentGranted: "nothing",
    ConsentNarrowed: "narrows",
    ConsentWithdrawn: (id, { generation }: { generation: number }) => [{ kind: "consent", id, generation, reason: "consent-withdrawn" }],
  },
  // Nobody has anything before the device has come for it; what it opened then is a grant
  device: {
    DeviceAuthorizationRequested: "nothing",
    DeviceAuthorizationApproved: "nothing",
    DeviceAuthorizationDenied: "nothing",
    DeviceAuthorizationRedeemed: "nothing",
    DeviceAuthorizationExpired: "nothing",
    SlowDownIssued: "nothing",
  },
  subject: {
    // Groups may have been lost, and with them what an access policy gives (P14)
    SubjectSeen: "narrows",
    SubjectDisabled: (id, { generation, reason }: Raised) => [{ kind: "subject", id, generation, reason }],
    SubjectEnabled: "nothing",
    GenerationRaised: (id, { of, generation, sessionId, reason }: Raised & { of: string; sessionId?: string }) => {
      if (of === "subject") return [{ kind: "subject", id, generation, reason }];
      return sessionId === undefined ? [] : [{ kind: "session", id: sessionId, reason }];
    },
    SubjectErased: (id, { generation }: { generation: number }) => [{ kind: "subject", id, generation, reason: "subject-erased" }],
  },
  login: { SubjectLinked: "nothing" },
  security: {
    ClientAuthenticationFailed: "nothing",
    LoginFailed: "nothing",
    RateLimited: "nothing",
    RequestRefused: "nothing",
    AnomalyDetected: "nothing",
  },
  segments: {
    CheckpointKeyCreated: "nothing",
    SegmentClosed: "nothing",
    SegmentDropped: "nothing",
    LegalHoldPlaced: "nothing",
    LegalHoldLifted: "nothing",
  },
  // A former holder is fenced by reading the stream afresh, never by being told
  lease: { LeaseTaken: "nothing", LeaseReleased: "nothing" },
  audit: { AuditRead: "nothing" },
  gateway: {
    ToolCallDecided: "nothing",
    UpstreamAuthorizationAsked: "nothing",
    UpstreamCallRetried: "nothing",
    UpstreamCallFailed: "nothing",
    GatewayStreamClosed: "nothing",
  },
  // What a response ends, the decider of that says itself
  finding: { AnomalyDetected: "nothing", ResponseTaken: "nothing", ResponseLifted: "nothing" },
  receiver: {
    SignalStreamCreated: "nothing",
    SignalStreamUpdated: "nothing",
    SignalStreamStatusChanged: "nothing",
    SignalVerificationRequested: "nothing",
    SignalStreamDeleted: "nothing",
  },
  // May be a kill switch: it is acknowledged once every process must know of it
  flag: { FlagDefined: "narrows", FlagChanged: "narrows" },
  // The resource it is to clients is taken away by that resource's own events
  server: { ServerAdded: "nothing", ServerChanged: "narrows", ServerClientRegistered: "nothing", ServerRemoved: "narrows" },
  // Tokens of others: no validator of ours ever sees one. Who holds them reads the stream before each use
  upstream: {
    UpstreamCodeReceived: "nothing",
    UpstreamAuthorizationFailed: "nothing",
    UpstreamAuthorized: "nothing",
    UpstreamRefreshClaimed: "nothing",
    UpstreamRefreshed: "nothing",
    UpstreamRefreshFailed: "narrows",
    UpstreamRevoked: "narrows",
  },
  // The tokens are the target's: nothing of ours is revoked with them
  bridge: {
    RegistrationRequested: "nothing",
    EntraAppCreated: "nothing",
    EntraServicePrincipalCreated: "nothing",
    EntraSecretIssued: "nothing",
    SecretStored: "nothing",
    EntraSecretRemoved: "nothing",
    ForeignClientRegistered: "nothing",
    ApplicationUpdated: "nothing",
    RegistrationCompleted: "nothing",
    RegistrationChanged: "narrows",
    RegistrationUsed: "nothing",
    RegistrationFailed: "nothing",
    // The client can't get anything through the bridge any more
    RegistrationEnded: "narrows",
    CompensationDone: "nothing",
  },
};

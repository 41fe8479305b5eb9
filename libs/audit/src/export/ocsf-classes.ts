/** Where an event type belongs in OCSF 1.9.0: class, activity, and how grave it is. */
export interface OcsfClass {
  readonly class: 3002 | 3003 | 3004 | 6003;
  readonly activity: number;
  /** 1 informational (unless said), 2 low, 3 medium, 4 high, 5 critical. */
  readonly severity?: 2 | 3 | 4 | 5;
}

/** https://schema.ocsf.io/1.9.0: activity numbers of the four classes we use. */
const AUTHENTICATION = { logon: 1, logoff: 2, ticket: 3, renewal: 5 } as const;
const ENTITY = { create: 1, update: 3, delete: 4, enable: 8, disable: 9, activate: 10, deactivate: 11, suspend: 12, resume: 13 } as const;
const API = { create: 1, read: 2, update: 3, delete: 4, other: 99 } as const;

const authentication = (activity: keyof typeof AUTHENTICATION, severity?: OcsfClass["severity"]): OcsfClass =>
  withSeverity({ class: 3002, activity: AUTHENTICATION[activity] }, severity);
const privileges = (): OcsfClass => ({ class: 3003, activity: 1 });
const entity = (activity: keyof typeof ENTITY, severity?: OcsfClass["severity"]): OcsfClass =>
  withSeverity({ class: 3004, activity: ENTITY[activity] }, severity);
const api = (activity: keyof typeof API, severity?: OcsfClass["severity"]): OcsfClass =>
  withSeverity({ class: 6003, activity: API[activity] }, severity);

function withSeverity(of: OcsfClass, severity: OcsfClass["severity"]): OcsfClass {
  return severity === undefined ? of : { ...of, severity };
}

/** For an event type of a newer release. */
export const UNMAPPED: OcsfClass = api("other");

/** By stream word and event type; a test keeps it complete with the catalogue. */
export const OCSF_CLASSES: Readonly<Record<string, Readonly<Record<string, OcsfClass>>>> = {
  grant: {
    GrantAuthorized: privileges(),
    GrantDenied: api("create"),
    CodeRedeemed: authentication("ticket"),
    RefreshTokenRotated: authentication("renewal"),
    RefreshRetried: authentication("renewal"),
    CodeReplayDetected: authentication("ticket", 4),
    RefreshReuseDetected: authentication("renewal", 4),
    AccessTokenRevoked: authentication("logoff"),
    GrantRevoked: authentication("logoff"),
    GrantExpired: authentication("logoff"),
  },
  issuance: { AccessTokenIssued: authentication("ticket") },
  token: { AccessTokenRevoked: authentication("logoff") },
  client: {
    ClientRegistered: entity("create"),
    ClientUpdated: entity("update"),
    ClientSecretIssued: entity("update"),
    ClientSecretRetired: entity("update"),
    ClientSuspended: entity("suspend", 3),
    ClientReinstated: entity("resume"),
    ClientDeleted: entity("delete"),
    RegistrationTokenRotated: entity("update"),
    ClientGenerationRaised: entity("update", 3),
  },
  keyring: {
    SigningKeyCreated: entity("create"),
    SigningKeyPublished: entity("update"),
    SigningKeyActivated: entity("activate"),
    SigningKeyRetired: entity("deactivate"),
    SigningKeyRemoved: entity("delete"),
    SigningKeyCompromised: entity("disable", 5),
  },
  resource: {
    ResourceRegistered: entity("create"),
    ScopesDefined: entity("update"),
    AccessPolicySet: entity("update", 2),
    TokenPolicySet: entity("update"),
    ResourceGenerationRaised: entity("update", 3),
    ResourceRemoved: entity("delete"),
  },
  consent: { ConsentGranted: privileges(), ConsentNarrowed: entity("update"), ConsentWithdrawn: entity("delete") },
  device: {
    DeviceAuthorizationRequested: api("create"),
    DeviceAuthorizationApproved: privileges(),
    DeviceAuthorizationDenied: api("create"),
    DeviceAuthorizationRedeemed: authentication("ticket"),
    DeviceAuthorizationExpired: api("delete"),
    SlowDownIssued: api("other", 2),
  },
  subject: {
    SubjectSeen: authentication("logon"),
    SubjectDisabled: entity("disable", 3),
    SubjectEnabled: entity("enable"),
    GenerationRaised: authentication("logoff"),
    SubjectErased: entity("delete"),
  },
  login: { SubjectLinked: entity("create") },
  security: {
    ClientAuthenticationFailed: authentication("logon", 2),
    LoginFailed: authentication("logon", 2),
    RateLimited: api("other", 2),
    RequestRefused: api("other", 2),
    AnomalyDetected: api("other", 3),
  },
  lease: { LeaseTaken: api("create"), LeaseReleased: api("delete") },
  bridge: {
    RegistrationRequested: entity("create"),
    EntraAppCreated: entity("create"),
    EntraServicePrincipalCreated: entity("create"),
    EntraSecretIssued: entity("update"),
    SecretStored: entity("update"),
    EntraSecretRemoved: entity("update"),
    ForeignClientRegistered: entity("create"),
    ApplicationUpdated: entity("update"),
    RegistrationCompleted: entity("activate"),
    RegistrationChanged: entity("update"),
    RegistrationUsed: authentication("ticket"),
    RegistrationFailed: entity("delete", 3),
    RegistrationEnded: entity("deactivate"),
    CompensationDone: entity("delete"),
  },
  segments: {
    CheckpointKeyCreated: entity("create"),
    SegmentClosed: entity("update"),
    SegmentDropped: entity("delete", 2),
    LegalHoldPlaced: entity("create"),
    LegalHoldLifted: entity("delete", 2),
  },
  audit: { AuditRead: api("read") },
  gateway: {
    ToolCallDecided: api("other"),
    UpstreamAuthorizationAsked: api("other"),
    UpstreamCallRetried: api("other"),
    UpstreamCallFailed: api("other", 2),
    GatewayStreamClosed: authentication("logoff"),
  },
  finding: { AnomalyDetected: api("other", 3), ResponseTaken: api("other", 3), ResponseLifted: api("other") },
  receiver: {
    SignalStreamCreated: entity("create"),
    SignalStreamUpdated: entity("update"),
    SignalStreamStatusChanged: entity("update"),
    SignalVerificationRequested: api("other"),
    SignalStreamDeleted: entity("delete"),
  },
  flag: { FlagDefined: entity("update"), FlagChanged: entity("update") },
  server: {
    ServerAdded: entity("create"),
    ServerChanged: entity("update"),
    ServerClientRegistered: entity("update"),
    ServerRemoved: entity("delete"),
  },
  upstream: {
    UpstreamCodeReceived: api("create"),
    UpstreamAuthorizationFailed: authentication("ticket", 2),
    UpstreamAuthorized: privileges(),
    UpstreamRefreshClaimed: api("update"),
    UpstreamRefreshed: authentication("renewal"),
    UpstreamRefreshFailed: authentication("renewal", 2),
    UpstreamRevoked: authentication("logoff"),
  },
};

export function ocsfClassOf(word: string, type: string): OcsfClass {
  const types = Object.hasOwn(OCSF_CLASSES, word) ? OCSF_CLASSES[word] : undefined;
  return types !== undefined && Object.hasOwn(types, type) ? (types[type] as OcsfClass) : UNMAPPED;
}

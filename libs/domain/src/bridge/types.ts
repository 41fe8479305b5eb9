import type { ClientMetadata } from "../client/types.ts";
import type { DomainEvent } from "../kernel/index.ts";

/** What a registration is made at: Microsoft Entra, or a server that speaks RFC 7591 itself (Keycloak, Okta and their like). */
export type BridgeTarget = "entra" | "rfc7591";
/** A client registered itself, or is known by the URL of its metadata document. */
export type BridgeOrigin = "dcr" | "cimd";
export type BridgeStepKind =
  | "create-application"
  | "create-principal"
  | "update-application"
  | "issue-secret"
  | "settle-secret"
  | "remove-secret"
  | "compensate";
export type BridgeEnd = "self" | "unused" | "idle" | "admin";

export type RegistrationRequested = DomainEvent<
  "RegistrationRequested",
  {
    readonly bridgeId: string;
    /** What the client calls itself by; for a document client the URL of its document. */
    readonly clientId: string;
    /** A document client may come back after its registration went; each time is a life of its own. */
    readonly life: number;
    readonly origin: BridgeOrigin;
    readonly target: BridgeTarget;
    readonly metadata: ClientMetadata;
    readonly documentHash: string;
    /** Does the target's application need a secret, which the bridge then holds? */
    readonly needsSecret: boolean;
    /** SHA-256 of the secret the client was given. It is ours; the target's never leaves the bridge. */
    readonly clientSecretHash?: string;
    readonly registrationTokenHash?: string;
  }
>;
export type EntraAppCreated = DomainEvent<
  "EntraAppCreated",
  { readonly appId: string; readonly objectId: string; readonly documentHash: string }
>;
export type EntraServicePrincipalCreated = DomainEvent<"EntraServicePrincipalCreated", { readonly servicePrincipalId: string }>;
export type EntraSecretIssued = DomainEvent<
  "EntraSecretIssued",
  { readonly keyId: string; readonly secretName: string; readonly endsAt: number }
>;
/** From now on the bridge uses this key; those before it end with the overlap. */
export type SecretStored = DomainEvent<"SecretStored", { readonly keyId: string; readonly formerEndAt: number }>;
export type EntraSecretRemoved = DomainEvent<"EntraSecretRemoved", { readonly keyId: string }>;
/** A server that speaks RFC 7591 gives client and secret in one answer. */
export type ForeignClientRegistered = DomainEvent<
  "ForeignClientRegistered",
  {
    readonly clientId: string;
    readonly documentHash: string;
    readonly keyId?: string;
    readonly secretName?: string;
    readonly endsAt?: number;
  }
>;
export type ApplicationUpdated = DomainEvent<"ApplicationUpdated", { readonly documentHash: string }>;
export type RegistrationCompleted = DomainEvent<"RegistrationCompleted", Record<never, never>>;
export type RegistrationChanged = DomainEvent<
  "RegistrationChanged",
  {
    readonly metadata: ClientMetadata;
    readonly documentHash: string;
    readonly needsSecret: boolean;
    readonly clientSecretHash?: string;
    readonly registrationTokenHash?: string;
  }
>;
export type RegistrationUsed = DomainEvent<"RegistrationUsed", Record<never, never>>;
export type RegistrationFailed = DomainEvent<"RegistrationFailed", { readonly step: BridgeStepKind; readonly reason: string }>;
export type RegistrationEnded = DomainEvent<"RegistrationEnded", { readonly reason: BridgeEnd }>;
export type CompensationDone = DomainEvent<"CompensationDone", Record<never, never>>;

export type BridgeEvent =
  | RegistrationRequested
  | EntraAppCreated
  | EntraServicePrincipalCreated
  | EntraSecretIssued
  | SecretStored
  | EntraSecretRemoved
  | ForeignClientRegistered
  | ApplicationUpdated
  | RegistrationCompleted
  | RegistrationChanged
  | RegistrationUsed
  | RegistrationFailed
  | RegistrationEnded
  | CompensationDone;

/** The application at the target. `clientId` is what the target knows it by. */
export interface TargetApplication {
  readonly clientId: string;
  /** Entra's object id, which management calls need. */
  readonly objectId?: string;
  readonly servicePrincipalId?: string;
  /** Hash of the document it was last made to agree with. */
  readonly documentHash: string;
}

/** A secret of the application. Its value lies in the secret store under `secretName`. */
export interface TargetKey {
  readonly keyId: string;
  readonly secretName: string;
  /** When the target ends it, epoch seconds; 0: never. */
  readonly endsAt: number;
  /** False between its issue and the secret store's word that it is kept. */
  readonly stored: boolean;
  /** It was replaced, and is taken away at this moment. */
  readonly removeAt?: number;
}

export interface BridgeRegistration extends RegistrationRequestedData {
  readonly requestedAt: number;
  readonly completedAt?: number;
  readonly usedAt?: number;
  readonly application?: TargetApplication;
  readonly keys: readonly TargetKey[];
}

type RegistrationRequestedData = RegistrationRequested["data"];

/** `pending`: being made; nobody has its credentials yet. `ending`: being taken back. `gone`: nothing of it is left at the target. */
export type BridgeState =
  | { readonly status: "none"; readonly life: 0 }
  | ({ readonly status: "pending" } & BridgeRegistration)
  | ({ readonly status: "active" } & BridgeRegistration)
  | ({ readonly status: "ending"; readonly reason: string } & BridgeRegistration)
  | { readonly status: "gone"; readonly bridgeId: string; readonly life: number; readonly reason: string; readonly at: number };
export type LiveBridge = Extract<BridgeState, { status: "pending" | "active" }>;

type Data<E extends BridgeEvent> = E["data"];

/** What a step brought about carries the life it was made in, so that one who wakes up late changes nothing of the next. */
interface Report {
  readonly now: number;
  readonly life: number;
}

export type BridgeCommand =
  | { readonly kind: "request"; readonly now: number; readonly event: Omit<Data<RegistrationRequested>, "life"> }
  | ({ readonly kind: "app-created" } & Report & Data<EntraAppCreated>)
  | ({ readonly kind: "principal-created" } & Report & Data<EntraServicePrincipalCreated>)
  | ({ readonly kind: "secret-issued" } & Report & Data<EntraSecretIssued>)
  | ({ readonly kind: "secret-stored" } & Report & Data<SecretStored>)
  | ({ readonly kind: "secret-removed" } & Report & Data<EntraSecretRemoved>)
  | ({ readonly kind: "foreign-registered" } & Report & Data<ForeignClientRegistered>)
  | ({ readonly kind: "application-updated" } & Report & Data<ApplicationUpdated>)
  | ({ readonly kind: "fail" } & Report & Data<RegistrationFailed>)
  | ({ readonly kind: "compensated" } & Report)
  | ({
      readonly kind: "change";
      readonly now: number;
      /** Hash of the registration access token that was shown; absent: a document client whose document changed. */
      readonly presentedTokenHash?: string;
    } & Data<RegistrationChanged>)
  | { readonly kind: "used"; readonly now: number; readonly atMostEvery: number }
  | { readonly kind: "end"; readonly now: number; readonly reason: BridgeEnd; readonly presentedTokenHash?: string };

export type BridgeRefusal = "bridge-exists" | "bridge-not-active" | "registration-token-used" | "step-overtaken";
export type BridgeOutcome =
  | { readonly kind: "done" }
  | { readonly kind: "unchanged" }
  | { readonly kind: "refused"; readonly reason: BridgeRefusal };

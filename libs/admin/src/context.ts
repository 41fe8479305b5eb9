import type { FindingCommand, FindingOutcome, FindingState } from "@grantline/domain/finding";
import type { FlagCommand, FlagOutcome, FlagState } from "@grantline/domain/flag";
import type { StreamRepository } from "@grantline/event-store";
import type { KeyringService } from "@grantline/keys";
import type { OAuthContext } from "@grantline/oauth/context";
import type { Endpoint } from "@grantline/oauth/http";
import type { Projector, ReadModel } from "@grantline/read-model";

/** What the admin API needs of the projector: to read its own writes, to say how things stand, and to try again after a fix. */
export type AdminProjector = Pick<Projector, "caughtUp" | "fresh" | "status" | "retryParked">;

/** What the admin API needs of the keyring service. */
export type AdminKeyring = Pick<KeyringService, "list" | "rotate" | "compromise" | "refresh" | "tick">;

export interface AdminContext {
  readonly readModel: ReadModel;
  readonly projector: AdminProjector;
  readonly keyring: AdminKeyring;
  readonly findings: StreamRepository<FindingState, FindingCommand, FindingOutcome>;
  readonly flagStreams: StreamRepository<FlagState, FlagCommand, FlagOutcome>;
  /** Every endpoint of the server, for its OpenAPI document. Asked for when the document is, so it may be filled in later. */
  readonly allEndpoints?: () => readonly Endpoint[];
}

export type AdminParts = OAuthContext & AdminContext;

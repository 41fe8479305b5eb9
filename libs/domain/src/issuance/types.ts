import type { DomainEvent, EntityKind } from "../kernel/index.ts";
import type { AccessTokenRecord } from "../grant/types.ts";

/** Stream `issuance-{writer}-{yyyymmddhh}`: tokens without a grant. One event a token; locator and jti carry stream and revision. */
export type AccessTokenIssued = DomainEvent<
  "AccessTokenIssued",
  {
    readonly clientId: string;
    readonly sub: string;
    readonly entity: EntityKind;
    readonly grantType: string;
    readonly access: Omit<AccessTokenRecord, "n">;
    readonly generations: { readonly client: number; readonly resource?: number; readonly subject?: number };
  }
>;
export type IssuanceEvent = AccessTokenIssued;

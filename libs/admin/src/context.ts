import type { SigningAlg, SigningKey } from "@grantline/domain/keyring";
import type { OAuthContext } from "@grantline/oauth/context";
import type { Endpoint } from "@grantline/oauth/http";
import type { Projector, ReadModel } from "@grantline/read-model";

/** What the admin API needs of the projector: to read its own writes, to say how things stand, and to try again after a fix. */
export type AdminProjector = Pick<Projector, "caughtUp" | "status" | "retryParked">;

/** What the admin API needs of the keyring service. */
export interface AdminKeyring {
  list(): readonly SigningKey[] | Promise<readonly SigningKey[]>;
  /** Makes, publishes and activates a new key of the algorithm; the old one stays published for its tokens. */
  rotate(alg: SigningAlg): Promise<unknown>;
  /** Out of the JWKS at once; tokens it signed are dead. */
  compromise(kid: string, reason: string): Promise<unknown>;
}

export interface AdminContext {
  readonly readModel: ReadModel;
  readonly projector: AdminProjector;
  readonly keyring: AdminKeyring;
  /** Every endpoint of the server, for its OpenAPI document. Asked for when the document is, so it may be filled in later. */
  readonly allEndpoints?: () => readonly Endpoint[];
}

export type AdminParts = OAuthContext & AdminContext;

import type { EntityKind } from "@grantline/domain/kernel";

/** An access token that is good right now, as every path sees it. Times are epoch seconds. */
export interface AccessTokenView {
  readonly clientId: string;
  readonly sub: string;
  readonly entity: EntityKind;
  readonly scope: readonly string[];
  /** The registered resource string, or the issuer. */
  readonly aud: string;
  /** Absent when `aud` is the issuer. */
  readonly resourceId?: string;
  readonly jti: string;
  readonly iat: number;
  readonly exp: number;
  readonly format: "jwt" | "opaque";
  /** Absent for a token without a grant. */
  readonly grantId?: string;
  /** The refresh generation it came with; absent without a grant. */
  readonly n?: number;
  readonly authTime?: number;
}

/** A refresh token whose secret is right, of a family that lives. */
export interface RefreshTokenView {
  readonly grantId: string;
  readonly generation: number;
  /** False: rotated already. Good for revocation only. */
  readonly current: boolean;
  readonly clientId: string;
  readonly sub: string;
  readonly entity: EntityKind;
  readonly scope: readonly string[];
  readonly exp: number;
}

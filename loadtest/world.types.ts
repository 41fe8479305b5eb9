/** What the runner has prepared (tools/loadtest/prepare.ts): clients, resources, tokens to ask about, one token family a virtual user. */
export interface World {
  readonly issuer: string;
  readonly machine: Credentials;
  readonly jwtResource: Resource;
  readonly opaqueResource: Resource;
  readonly person: Credentials;
  readonly refreshTokens: readonly string[];
  readonly jwts: readonly string[];
  readonly opaques: readonly string[];
}

export interface Credentials {
  readonly client_id: string;
  readonly client_secret: string;
}

export interface Resource extends Credentials {
  readonly uri: string;
}

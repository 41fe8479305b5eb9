import {
  basic,
  introspect,
  obtainCode,
  obtainTokens,
  postForm,
  type AuthorizeOptions,
  type Registered,
  type Tokens,
} from "@grantline/testing";
import { PASSWORD, RESOURCE, type World } from "./world.ts";

type Wanted = Partial<Omit<AuthorizeOptions, "issuer">>;

function options(world: World, wanted: Wanted): AuthorizeOptions {
  return { issuer: world.issuer, client: world.app, scope: "notes:read", resource: RESOURCE, password: PASSWORD, ...wanted };
}

/** A code of the demo person for the public app, unless wanted otherwise. */
export function codeFor(world: World, wanted: Wanted = {}): ReturnType<typeof obtainCode> {
  return obtainCode(world.server.person(), options(world, wanted));
}

/** Tokens of the demo person for the public app, unless wanted otherwise; with a refresh token. */
export async function tokensFor(world: World, wanted: Wanted = {}): Promise<Tokens & { readonly refresh_token: string }> {
  return (await obtainTokens(world.server.person(), options(world, wanted))) as Tokens & { readonly refresh_token: string };
}

/** As the resource's own client sees an access token, and as an admin sees a refresh token. */
export async function isActive(
  world: World,
  token: string,
  rs: { readonly client_id: string; readonly client_secret: string } = world.rs,
): Promise<boolean> {
  if (!token.startsWith("gl_rt_")) return (await introspect(world.issuer, rs, token)).active;
  const response = await postForm(`${world.issuer}/introspect`, { token }, { authorization: `Bearer ${await world.server.admin.token()}` });
  return ((await response.json()) as { active: boolean }).active;
}

export function asClient(client: Registered | { readonly client_id: string; readonly client_secret: string }): {
  readonly parameters: Record<string, string>;
  readonly headers: Record<string, string>;
} {
  return typeof client.client_secret === "string"
    ? { parameters: {}, headers: { authorization: basic(client.client_id, client.client_secret) } }
    : { parameters: { client_id: client.client_id }, headers: {} };
}

/** POST /revoke. */
export function revoke(
  world: World,
  client: Registered | { readonly client_id: string; readonly client_secret: string },
  token: string,
  more: Readonly<Record<string, string>> = {},
): Promise<Response> {
  const { parameters, headers } = asClient(client);
  return postForm(`${world.issuer}/revoke`, { token, ...parameters, ...more }, headers);
}

import { expect, postForm } from "../http.ts";
import { world } from "../world.ts";

/** A resource server asks about a token it has been given, opaque and JWT in turn. */
export function introspect(): void {
  const [resource, tokens] = __ITER % 2 === 0 ? [world.opaqueResource, world.opaques] : [world.jwtResource, world.jwts];
  const token = tokens[(__ITER * 7 + __VU) % tokens.length] as string;
  const response = postForm(`${world.issuer}/introspect`, { token }, resource, "introspect");
  expect(response, "the token is active", ({ status, body }) => status === 200 && body?.includes('"active":true') === true);
}

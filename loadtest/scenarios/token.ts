import { expect, postForm } from "../http.ts";
import { world } from "../world.ts";

/** client_credentials, every other one a JWT. */
export function token(): void {
  issue(__ITER % 2 === 0 ? world.jwtResource.uri : world.opaqueResource.uri, "token");
}

export function issue(resource: string, name: string): string {
  const form = { grant_type: "client_credentials", scope: "read", resource };
  const response = postForm(`${world.issuer}/token`, form, world.machine, name);
  expect(response, "a token is issued", ({ status }) => status === 200);
  return String(response.json("access_token"));
}

import { expect, postForm } from "../http.ts";
import { world } from "../world.ts";
import { issue } from "./token.ts";

/** A token is issued, revoked, and asked about at once: it must be inactive, whichever instance answers (P5). */
export function revoke(): void {
  const token = issue(world.opaqueResource.uri, "revoke-issue");
  const revoked = postForm(`${world.issuer}/revoke`, { token }, world.machine, "revoke");
  expect(revoked, "the token is revoked", ({ status }) => status === 200);
  const asked = postForm(`${world.issuer}/introspect`, { token }, world.opaqueResource, "revoke-introspect");
  expect(asked, "a revoked token is inactive at once", ({ body }) => body === '{"active":false}');
}

import type { ClientView, OAuthContext } from "../context/index.ts";
import type { HttpRequest, Parameters } from "../http/index.ts";
import { openInteraction, type Interaction } from "../interaction/index.ts";
import { openLoginReturn } from "../session/index.ts";

/** Where a login leads: on with an authorization, back to a page of ours that sealed its address, or to the person's own grants. Never to an address from the request. */
export type LoginPurpose =
  | { readonly kind: "authorization"; readonly interaction: Interaction; readonly client: ClientView; readonly sealed: string }
  | { readonly kind: "return"; readonly path: string; readonly sealed: string }
  | { readonly kind: "grants" };

/** Throws page errors for an interaction that is not of this browser or has expired. */
export async function loginPurpose(
  context: Pick<OAuthContext, "seals" | "clock" | "settings" | "directory">,
  request: HttpRequest,
  parameters: Parameters,
): Promise<LoginPurpose> {
  const sealed = parameters.get("interaction");
  if (sealed === undefined) return returnPurpose(context, parameters.get("return"));
  return { kind: "authorization", sealed, ...(await openInteraction(context, request, sealed)) };
}

function returnPurpose(context: Pick<OAuthContext, "seals" | "clock">, sealed: string | undefined): LoginPurpose {
  const path = sealed === undefined ? undefined : openLoginReturn(context, sealed);
  // one that has ended is forgotten: the person is logged in all the same
  return sealed === undefined || path === undefined ? { kind: "grants" } : { kind: "return", path, sealed };
}

/** What the form token of this login is bound to. */
export function loginForm(purpose: LoginPurpose): string {
  return purpose.kind === "authorization" ? `login:${purpose.interaction.id}` : "login";
}

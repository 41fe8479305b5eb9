import type { ClientView, OAuthContext } from "../context/index.ts";
import type { HttpRequest, Parameters } from "../http/index.ts";
import { openInteraction, type Interaction } from "../interaction/index.ts";

/** Where a login leads: on with an authorization, or to the person's own grants. Never to an address from the request. */
export type LoginPurpose =
  | { readonly kind: "authorization"; readonly interaction: Interaction; readonly client: ClientView; readonly sealed: string }
  | { readonly kind: "grants" };

/** Throws page errors for an interaction that is not of this browser or has expired. */
export async function loginPurpose(
  context: Pick<OAuthContext, "seals" | "clock" | "settings" | "directory">,
  request: HttpRequest,
  parameters: Parameters,
): Promise<LoginPurpose> {
  const sealed = parameters.get("interaction");
  if (sealed === undefined) return { kind: "grants" };
  return { kind: "authorization", sealed, ...(await openInteraction(context, request, sealed)) };
}

/** What the form token of this login is bound to. */
export function loginForm(purpose: LoginPurpose): string {
  return purpose.kind === "grants" ? "login" : `login:${purpose.interaction.id}`;
}

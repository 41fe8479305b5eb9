import type { CommandMeta } from "@grantline/event-store";
import type { ClientView, OAuthContext } from "../context/index.ts";
import { OAuthError } from "../errors/index.ts";

/**
 * Gives a document client (CIMD) its stream, with its first grant and not before: strangers can't grow the log (P13).
 * Later grants record a changed document as an update. Registered clients pass through untouched, at no cost.
 * Call it once the person has allowed the client, before the grant is appended; use the view it returns (it has the generation).
 */
export async function registerOnFirstGrant(
  context: Pick<OAuthContext, "clients" | "clock">,
  view: ClientView,
  meta: CommandMeta,
): Promise<ClientView> {
  if (view.state.how !== "cimd" || view.documentHash === undefined) return view;
  const { state } = await context.clients.load(view.streamId);
  if (state.status === "active" && state.documentHash === view.documentHash) return { ...view, state };
  const now = context.clock.now();
  const { metadata, settings } = view.state;
  const executed =
    state.status === "none"
      ? await context.clients.execute(
          view.streamId,
          { kind: "register", now, event: { clientId: view.clientId, how: "cimd", metadata, settings, documentHash: view.documentHash } },
          meta,
        )
      : await context.clients.execute(view.streamId, { kind: "update", now, metadata, documentHash: view.documentHash }, meta);
  // Two first grants at once: the one that lost the race finds the client registered, which is all it wanted.
  if (executed.state.status === "active") return { ...view, state: { ...executed.state, metadata } };
  throw new OAuthError(
    "invalid_client",
    executed.state.status === "suspended" ? "client-suspended" : "client-deleted",
    "The client may not be used any more.",
  );
}

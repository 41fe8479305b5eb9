import type { CommandMeta } from "@grantline/event-store";
import type { OAuthContext } from "../context/index.ts";
import { grantIdOf } from "./interaction.ts";

interface Denial {
  /** Id of the interaction or pushed request. */
  readonly id: string;
  readonly clientId: string;
  /** "" before anybody logged in. */
  readonly subject: string;
  readonly reason: string;
}

/** Ends an interaction with a no: consumes it for good (P2). True when this call did it, false when it had been used before. */
export async function denyGrant(
  context: Pick<OAuthContext, "grants" | "clock" | "settings">,
  denial: Denial,
  meta: CommandMeta,
): Promise<boolean> {
  const { id, clientId, subject, reason } = denial;
  const executed = await context.grants.execute(
    grantIdOf(context.settings, id),
    { kind: "deny", now: context.clock.now(), clientId, subject, reason },
    meta,
  );
  return executed.outcome.kind === "denied";
}

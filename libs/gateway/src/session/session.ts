import type { Seals } from "@grantline/keys";
import { CODE, McpError } from "../answer/mcp-error.ts";
import type { Members } from "../message/message.ts";

/**
 * A session of revisions 2025-03-26 to 2025-11-25, as its id carries it. The id a client holds is ours: it is bound to who opened it and to the server
 * (MCP security best practices, session hijacking; security case G-11), and good at every instance. The server's own id is inside, under seal.
 */
export interface Session {
  readonly server: string;
  readonly subject: string;
  /** The server's own id; absent where it has no sessions, or was not asked yet. */
  readonly upstream?: string;
  /** The client's user may be sent to a URL. */
  readonly elicits?: boolean;
  /** What the client began with, where the gateway answered in the server's place: the server hears of it once there is a token. */
  readonly deferred?: Members;
  /** Where the process of a stdio server runs. */
  readonly bridge?: string;
}

const PURPOSE = "gateway-session";

export function sealSession(seals: Seals, session: Session): string {
  return seals.seal(PURPOSE, session);
}

/** Throws McpError, 404: with that a client begins anew (2025-11-25, session management). The same for a forged id and for somebody else's. */
export function openSession(seals: Seals, id: string, of: { readonly server: string; readonly subject: string }): Session {
  const session = id.length > 8_192 ? undefined : seals.open<Session>(PURPOSE, id);
  if (session === undefined || session.server !== of.server || session.subject !== of.subject)
    throw new McpError({ status: 404, code: CODE.sessionUnknown, reason: "session-unknown", message: "Session not found." });
  return session;
}

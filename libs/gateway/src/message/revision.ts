import { isMembers, type Message } from "./message.ts";

/** Revisions with an `initialize` handshake and sessions, oldest first. */
export const HANDSHAKE_REVISIONS = ["2025-03-26", "2025-06-18", "2025-11-25"] as const;
/** From this one on every request says all about itself, and headers mirror the body. */
export const STATELESS_SINCE = "2026-07-28";

const META_VERSION = "io.modelcontextprotocol/protocolVersion";
const META_CAPABILITIES = "io.modelcontextprotocol/clientCapabilities";

/** The revision a message claims in its own body; undefined before 2026-07-28. */
export function claimedRevision(message: Message): string | undefined {
  const meta = metaOf(message);
  const claimed = meta?.[META_VERSION];
  return typeof claimed === "string" ? claimed : undefined;
}

export function isStateless(revision: string | undefined): boolean {
  // revisions are dates
  return revision !== undefined && /^\d{4}-\d{2}-\d{2}$/.test(revision) && revision >= STATELESS_SINCE;
}

/** May we send this client's user to a URL (2025-11-25 and later)? An empty `elicitation` means forms alone. */
export function elicitsUrls(capabilities: unknown): boolean {
  return isMembers(capabilities) && isMembers(capabilities["elicitation"]) && isMembers(capabilities["elicitation"]["url"]);
}

export function declaredCapabilities(message: Message): unknown {
  return metaOf(message)?.[META_CAPABILITIES];
}

function metaOf(message: Message): Readonly<Record<string, unknown>> | undefined {
  if (message.kind === "response") return undefined;
  const meta = message.params["_meta"];
  return isMembers(meta) ? meta : undefined;
}

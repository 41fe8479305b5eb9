import { hash } from "node:crypto";
import type { BridgeState } from "@grantline/domain/bridge";
import type { CommandMeta } from "@grantline/event-store";
import { OAuthError } from "@grantline/oauth/errors";
import type { BridgeContext } from "../context.ts";
import { driveNow } from "../process/registering.ts";
import { refuseKeys } from "../registration/registration.request.ts";

export type ActiveBridge = Extract<BridgeState, { status: "active" }>;

const OWN_ID = /^[a-z0-9]{32}$/;

/** The stream of a client_id; a document client's is named by a digest of its URL, and can't be taken for a registered one by its first letter. */
export function bridgeIdOf(clientId: string): string | undefined {
  if (OWN_ID.test(clientId)) return clientId;
  return /^https?:\/\//.test(clientId) ? `u${hash("sha256", clientId, "hex").slice(0, 31)}` : undefined;
}

/** A client as the token endpoint needs it: registered before. @throws OAuthError `invalid_client` */
export async function findRegistered({ bridges }: Pick<BridgeContext, "bridges">, clientId: string): Promise<ActiveBridge> {
  const bridgeId = bridgeIdOf(clientId);
  const state = bridgeId === undefined ? undefined : (await bridges.load(bridgeId)).state;
  if (state === undefined || state.status === "none") throw unknown("client-unknown");
  if (state.status === "pending") throw unknown("bridge-registration-unfinished");
  if (state.status !== "active") throw unknown("client-deleted");
  if (state.clientId !== clientId) throw unknown("client-unknown");
  return state;
}

/** The same for the authorization endpoint, where a document client may come for the first time, or with a changed document. */
export async function findOrRegister(context: BridgeContext, clientId: string, meta: CommandMeta, ip: string): Promise<ActiveBridge> {
  if (!/^https?:\/\//.test(clientId)) return findRegistered(context, clientId);
  // The host is looked at before anything is fetched: strangers' URLs make neither requests nor applications.
  if (!context.settings.documentHosts.includes(URL.parse(clientId)?.host ?? ""))
    throw new OAuthError("invalid_client", "document-host-not-allowed", "Clients of that host are not allowed here.");
  const { metadata, documentHash } = await context.documents.get(clientId);
  refuseKeys(metadata);
  const bridgeId = bridgeIdOf(clientId) ?? "";
  const { state } = await context.bridges.load(bridgeId);
  if (state.status === "active" && state.documentHash === documentHash) return state;
  const { needsSecret } = context.target.accept(metadata);
  const described = { metadata, documentHash, needsSecret };
  if (state.status === "active") {
    await context.bridges.execute(bridgeId, { kind: "change", now: context.clock.now(), ...described }, meta);
    return active(await driveNow(context, bridgeId, "update", meta));
  }
  if (state.status === "pending" || state.status === "ending") throw unfinished();
  await context.limits.take("anonymous-write", ip);
  await context.quota.take();
  const { target, clock } = context;
  const event = { bridgeId, clientId, origin: "cimd" as const, target: target.kind, ...described };
  const { outcome } = await context.bridges.execute(bridgeId, { kind: "request", now: clock.now(), event }, meta);
  // somebody else came with the same document a moment ago
  if (outcome.kind === "refused") throw unfinished();
  return active(await driveNow(context, bridgeId, "register", meta));
}

function active(state: BridgeState): ActiveBridge {
  if (state.status !== "active") throw unfinished();
  return state;
}

function unfinished(): OAuthError {
  return new OAuthError(
    "temporarily_unavailable",
    "bridge-registration-unfinished",
    "This client is being registered. Try again in a moment.",
    {
      headers: { "retry-after": "5" },
    },
  );
}

// Always 401 invalid_client, so that a client drops what it has and registers anew (mcp-auth.md §3.3)
function unknown(reason: "client-unknown" | "client-deleted" | "bridge-registration-unfinished"): OAuthError {
  return new OAuthError("invalid_client", reason, "The client is not known here. Register it again.");
}

import type { UpstreamOrigin } from "@grantline/domain/upstream";
import { connectionId } from "./context.ts";
import { revokeTokens } from "./providers/provider-client.ts";
import { sameProvider, troubleOf } from "./refresh/bring-tokens.ts";
import type { RefreshParts } from "./refresh/refresh.ts";
import type { ConnectionOf } from "./upstream.port.ts";

/** See Upstreams. `reason`: a kebab id. */
export async function revoke(parts: RefreshParts, of: ConnectionOf, reason = "user"): Promise<"revoked" | "none"> {
  const { context, records } = parts;
  const id = connectionId(of.user, of.server.name);
  const { outcome, state } = await context.upstreams.execute(id, { kind: "revoke", now: context.clock.now(), reason }, of.meta);
  if (state.status !== "revoked") return "none";
  // 1 it is not used any more, whatever else fails. 2 the provider. 3 the secret: a second try after a failure ends here too
  const { secretName } = state.connection;
  parts.unsaved.delete(secretName);
  if (outcome.kind === "done") await tellProvider(parts, of, id, state.connection);
  await records.remove(secretName);
  return outcome.kind === "done" ? "revoked" : "none";
}

/** A provider that can't be told is no reason to keep the tokens: ours are gone, and its own lists show the person what is left. */
async function tellProvider(
  { context, records }: RefreshParts,
  { server, meta }: ConnectionOf,
  id: string,
  connection: UpstreamOrigin & { readonly secretName: string; readonly record: number },
): Promise<void> {
  try {
    const record = await records.read(id, connection);
    if (record === undefined || server.provider !== connection.provider) return;
    // who is not the very server that gave them gets no tokens to take back: to many we are known by the same client id, our metadata document's
    await revokeTokens(context, await sameProvider(context, { server, connection, meta }), record);
  } catch (error) {
    const { reason } = troubleOf(error);
    context.log.warn({ server: server.name, reason }, "a provider could not be told that a connection has ended");
  }
}

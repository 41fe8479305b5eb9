import { hash } from "node:crypto";
import type { ClientMetadata, ClientRegistered, ClientSettings, ClientState } from "@grantline/domain/client";
import { clientStreamId } from "@grantline/oauth/context";
import { mintClientSecret, needsSecret } from "@grantline/oauth/registration";
import type { AdminParts } from "../context.ts";
import { AdminProblem } from "../problem.ts";
import type { AdminAnswer, AdminCall } from "../route/route.ts";
import { readOperatorMetadata, requireAdminFor, requireResourcesFor, type KnownClient } from "./client-rules.ts";
import { readSettings } from "./client-settings.ts";
import type { CreateClientInput } from "./client.schema.ts";
import { showClient } from "./client.response.ts";

/** POST /clients: registers a client an operator vouches for. The secret is shown this once. */
export async function createClient(context: AdminParts, call: AdminCall<unknown, CreateClientInput>): Promise<AdminAnswer> {
  const { client_id: chosen, settings: settingsInput, ...members } = call.body;
  const metadata = readOperatorMetadata(context, members);
  const settings = readSettings(settingsInput ?? {});
  requireAdminFor(call.caller, { metadata, settings });
  requireResourcesFor(call.caller, { settings });
  const clientId = chosen ?? call.newId("client");
  // The stream id of a document client must stay free for it.
  if (clientStreamId(clientId) !== clientId || /^u[0-9a-f]{32}$/.test(clientId))
    throw new AdminProblem(400, "value-not-allowed", "This client_id can not be chosen.");
  const documentHash = hash("sha256", JSON.stringify([metadata, settings]), "base64url");
  const created = await registerClient(context, call, { clientId, how: "admin", metadata, settings, documentHash }, chosen === undefined);
  return {
    status: 201,
    body: { ...showClient(created.state, call.now), ...created.credentials },
    headers: { location: `/admin/v1/clients/${encodeURIComponent(clientId)}` },
  };
}

export interface NewClient {
  readonly clientId: string;
  readonly how: ClientRegistered["data"]["how"];
  readonly metadata: ClientMetadata;
  readonly settings: ClientSettings;
  readonly documentHash: string;
}
export interface CreatedClient {
  readonly state: KnownClient;
  readonly credentials: { readonly client_secret?: string };
}

/**
 * Registers and gives a secret where the method needs one. `ours`: the id derives from this very request, so a client that has it already was
 * made by an attempt whose answer was lost; it gets a new secret instead of a conflict. Throws AdminProblem 409.
 */
export async function registerClient(
  context: AdminParts,
  call: Pick<AdminCall<unknown, unknown>, "now" | "meta">,
  client: NewClient,
  ours: boolean,
): Promise<CreatedClient> {
  const secret = needsSecret(client.metadata) ? mintClientSecret(context.random, call.now) : undefined;
  const streamId = clientStreamId(client.clientId);
  const credentials = secret === undefined ? {} : { client_secret: secret.value };
  const executed = await context.clients.execute(
    streamId,
    { kind: "register", now: call.now, event: client, ...(secret === undefined ? {} : { secret: secret.record }) },
    call.meta,
  );
  if (executed.outcome.kind !== "refused") return { state: known(executed.state), credentials };
  if (!ours || executed.outcome.reason !== "client-exists" || known(executed.state).documentHash !== client.documentHash) {
    throw new AdminProblem(409, "already-exists", "The client_id is taken, or was once.");
  }
  if (secret === undefined) return { state: known(executed.state), credentials };
  const rotated = await context.clients.execute(
    streamId,
    { kind: "rotate-secret", now: call.now, secret: secret.record, overlapEndsAt: call.now },
    call.meta,
  );
  return { state: known(rotated.state), credentials };
}

function known(state: ClientState): KnownClient {
  if (state.status === "active" || state.status === "suspended") return state;
  throw new AdminProblem(409, "state-conflict", "The client was deleted meanwhile.");
}

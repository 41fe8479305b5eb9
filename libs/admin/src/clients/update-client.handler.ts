import { hash } from "node:crypto";
import type { ClientMetadata, ClientSettings } from "@grantline/domain/client";
import { equalData } from "@grantline/domain/kernel";
import { clientStreamId } from "@grantline/oauth/context";
import { mintClientSecret, needsSecret } from "@grantline/oauth/registration";
import type { AdminParts } from "../context.ts";
import { AdminProblem } from "../problem.ts";
import type { AdminAnswer, AdminCall } from "../route/route.ts";
import { findClient, readOperatorMetadata, requireAdminFor, requireResourcesFor, type KnownClient } from "./client-rules.ts";
import { readSettings, showSettings } from "./client-settings.ts";
import { settingsSchema, type CreateClientInput, type PatchClientInput } from "./client.schema.ts";
import { showClient } from "./client.response.ts";

/** PUT /clients/:client_id: replaces metadata and settings. */
export async function replaceClient(context: AdminParts, call: AdminCall<unknown, CreateClientInput>): Promise<AdminAnswer> {
  const client = await findClient(context, call.param("client_id"));
  const { client_id: named, settings, ...members } = call.body;
  if (named !== undefined && named !== client.clientId) throw new AdminProblem(400, "value-not-allowed", "client_id can not be changed.");
  return change(context, call, client, readOperatorMetadata(context, members), readSettings(settings ?? {}));
}

/** PATCH /clients/:client_id: a merge patch (RFC 7396) of metadata and settings. */
export async function patchClient(context: AdminParts, call: AdminCall<unknown, PatchClientInput>): Promise<AdminAnswer> {
  const client = await findClient(context, call.param("client_id"));
  const { settings: patch, ...members } = call.body;
  const metadata = Object.keys(members).length === 0 ? client.metadata : readOperatorMetadata(context, merge(client.metadata, members));
  const settings =
    patch === undefined ? client.settings : readSettings(settingsSchema.parse(merge(showSettings(client.settings), patch ?? {})));
  return change(context, call, client, metadata, patch === null ? {} : settings);
}

async function change(
  context: AdminParts,
  call: AdminCall<unknown, unknown>,
  client: KnownClient,
  metadata: ClientMetadata,
  settings: ClientSettings,
): Promise<AdminAnswer> {
  requireAdminFor(call.caller, client, { metadata, settings });
  requireResourcesFor(call.caller, client, { settings });
  // A document client is what its document says; only the operator's settings are ours to change.
  if (client.how === "cimd" && !equalData(metadata, client.metadata))
    throw new AdminProblem(409, "state-conflict", "The metadata of this client comes from its document.");
  if (equalData(metadata, client.metadata) && equalData(settings, client.settings))
    return { status: 200, body: showClient(client, call.now) };
  const alive = client.secrets.some((secret) => (secret.expiresAt ?? Infinity) > call.now);
  const secret = needsSecret(metadata) && !alive ? mintClientSecret(context.random, call.now) : undefined;
  const documentHash =
    client.how === "cimd" ? (client.documentHash ?? "") : hash("sha256", JSON.stringify([metadata, settings]), "base64url");
  const { outcome, state } = await context.clients.execute(
    clientStreamId(client.clientId),
    { kind: "update", now: call.now, metadata, settings, documentHash, ...(secret === undefined ? {} : { secret: secret.record }) },
    call.meta,
  );
  if (outcome.kind === "refused" || state.status === "none")
    throw new AdminProblem(409, "state-conflict", "The client was deleted meanwhile.");
  return { status: 200, body: { ...showClient(state, call.now), ...(secret === undefined ? {} : { client_secret: secret.value }) } };
}

function merge(target: object, patch: object): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries({ ...target, ...patch }).filter(([, value]) => value !== null && value !== undefined));
}

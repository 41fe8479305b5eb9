import { hash } from "node:crypto";
import type { RegisteredAt, ServerDefinition } from "@grantline/domain/server";
import { OutboundError } from "@grantline/oauth/outbound";
import type { CommandMeta } from "@grantline/event-store";
import { secretNameOf } from "@grantline/secrets";
import { z } from "zod";
import type { UpstreamContext } from "../context.ts";
import { retryAfter } from "../providers/answer.ts";
import type { ProviderClient } from "../providers/provider.ts";
import type { AuthMethod } from "../providers/settings.ts";
import { ProviderTrouble } from "../providers/trouble.ts";
import { type CameFrom, clientDocumentUrl, ourMetadata } from "./client-metadata.ts";
import { parseJson } from "./protected-resource.ts";
import type { ServerMetadata } from "./server-metadata.ts";

type Parts = Pick<UpstreamContext, "servers" | "secrets" | "exchange" | "settings" | "clock">;

/**
 * Who we are at a server's authorization server, in MCP's order: 1 a client an operator registered, 2 our metadata document, 3 dynamic registration,
 * once. Throws ProviderTrouble.
 */
export async function ourClient(
  context: Parts,
  server: ServerDefinition,
  metadata: ServerMetadata,
  meta: CommandMeta,
): Promise<ProviderClient> {
  if (server.client !== undefined) return givenClient(context, server, metadata);
  if (metadata.client_id_metadata_document_supported === true && documentServes(context, metadata))
    return { clientId: clientDocumentUrl(context, cameFrom(metadata)), authMethod: "none" };
  if (metadata.registration_endpoint !== undefined)
    return registeredClient(context, server, metadata, metadata.registration_endpoint, meta);
  throw new ProviderTrouble("setup", "no-way-to-register");
}

function cameFrom({ issuer, authorization_response_iss_parameter_supported: sendsIssuer = false }: ServerMetadata): CameFrom {
  return { issuer, sendsIssuer };
}

async function givenClient({ secrets }: Parts, { client }: ServerDefinition, metadata: ServerMetadata): Promise<ProviderClient> {
  const { clientId = "", secretName } = client ?? {};
  if (secretName === undefined) return { clientId, authMethod: "none" };
  const secret = (await secrets.get(secretName))?.value;
  if (secret === undefined) throw new ProviderTrouble("setup", "client-secret-missing");
  return { clientId, secret, authMethod: preferred(metadata) };
}

/** A document must be at an https URL; on one machine, in development, a server beside us may take http. */
function documentServes({ settings }: Parts, { issuer }: ServerMetadata): boolean {
  const isLocal = (url: string): boolean => ["localhost", "127.0.0.1", "[::1]"].includes(new URL(url).hostname);
  return settings.origin.startsWith("https:") || (isLocal(settings.origin) && isLocal(issuer));
}

function preferred({ token_endpoint_auth_methods_supported: methods }: ServerMetadata): AuthMethod {
  // RFC 8414 §2: left out means client_secret_basic
  return methods === undefined || methods.includes("client_secret_basic") || !methods.includes("client_secret_post")
    ? "client_secret_basic"
    : "client_secret_post";
}

async function registeredClient(
  context: Parts,
  server: ServerDefinition,
  metadata: ServerMetadata,
  endpoint: string,
  meta: CommandMeta,
): Promise<ProviderClient> {
  const { state } = await context.servers.load(server.name);
  const former = state.status === "active" ? state.registration : undefined;
  if (former !== undefined && serves(context, former, metadata)) return known(context, former);
  return register(context, server, { metadata, endpoint, replaces: former?.clientId }, meta);
}

/** A registration is good at its own issuer alone, and until its secret ends. */
function serves({ clock }: Parts, { issuer, expiresAt }: RegisteredAt, metadata: ServerMetadata): boolean {
  return issuer === metadata.issuer && (expiresAt === undefined || expiresAt > clock.now() + 3_600);
}

async function known({ secrets }: Parts, { clientId, secretName, authMethod }: RegisteredAt): Promise<ProviderClient> {
  if (secretName === undefined) return { clientId, authMethod: "none" };
  const secret = (await secrets.get(secretName))?.value;
  if (secret === undefined) throw new ProviderTrouble("setup", "client-secret-missing");
  return { clientId, secret, authMethod: authMethod as AuthMethod };
}

const registrationAnswer = z.object({
  client_id: z.string().min(1).max(2_048),
  client_secret: z.string().min(1).optional(),
  client_secret_expires_at: z.number().optional(),
  token_endpoint_auth_method: z.string().optional(),
});

interface Registering {
  readonly metadata: ServerMetadata;
  readonly endpoint: string;
  readonly replaces: string | undefined;
}

/** Of several processes that register at once one is believed, by the append; the others go by its registration. */
async function register(
  context: Parts,
  server: ServerDefinition,
  { metadata, endpoint, replaces }: Registering,
  meta: CommandMeta,
): Promise<ProviderClient> {
  const answer = await askToRegister(context, metadata, endpoint);
  const { client_id: clientId, client_secret: secret, client_secret_expires_at: endsAt = 0 } = answer;
  const authMethod = secret === undefined ? "none" : methodOf(answer.token_endpoint_auth_method, metadata);
  const secretName =
    secret === undefined
      ? undefined
      : secretNameOf({
          provider: server.provider,
          server: server.name,
          tokenType: `client-${hash("sha256", `${metadata.issuer} ${clientId}`, "hex").slice(0, 16)}`,
        });
  if (secret !== undefined && secretName !== undefined)
    await context.secrets.set(secretName, secret, endsAt > 0 ? { expiresAt: endsAt } : {});
  const registration: RegisteredAt = {
    issuer: metadata.issuer,
    clientId,
    authMethod,
    ...(secretName === undefined ? {} : { secretName }),
    ...(endsAt > 0 ? { expiresAt: endsAt } : {}),
  };
  const { outcome, state } = await context.servers.execute(
    server.name,
    { kind: "register-client", now: context.clock.now(), registration, ...(replaces === undefined ? {} : { replaces }) },
    meta,
  );
  if (outcome.kind !== "refused") return { clientId, authMethod, ...(secret === undefined ? {} : { secret }) };
  if (secretName !== undefined) await context.secrets.delete(secretName);
  const theirs = state.status === "active" ? state.registration : undefined;
  if (theirs === undefined || !serves(context, theirs, metadata)) throw new ProviderTrouble("transient", "registered-meanwhile");
  return known(context, theirs);
}

function methodOf(given: string | undefined, metadata: ServerMetadata): AuthMethod {
  return given === "client_secret_post" || given === "client_secret_basic" ? given : preferred(metadata);
}

async function askToRegister({ exchange, ...context }: Parts, metadata: ServerMetadata, endpoint: string) {
  const methods = metadata.token_endpoint_auth_methods_supported;
  // a public client has nothing that can leak; PKCE binds the code to us
  const method = methods === undefined || methods.includes("none") ? "none" : preferred(metadata);
  const answer = await exchange(endpoint, {
    method: "POST",
    headers: { "content-type": "application/json", accept: "application/json" },
    body: JSON.stringify({ ...ourMetadata(context, cameFrom(metadata)), token_endpoint_auth_method: method }),
  }).catch((error: unknown) => {
    throw error instanceof OutboundError
      ? new ProviderTrouble(error.temporary ? "transient" : "setup", `outbound-${error.failure}`)
      : error;
  });
  if (answer.status === 429 || answer.status >= 500)
    throw new ProviderTrouble("transient", "registration-unavailable", retryAfter(answer.headers));
  const read = registrationAnswer.safeParse(parseJson(answer.text));
  // RFC 7591 §3.2.1: 201; some say 200
  if ((answer.status !== 201 && answer.status !== 200) || !read.success) throw new ProviderTrouble("setup", "registration-refused");
  return read.data;
}

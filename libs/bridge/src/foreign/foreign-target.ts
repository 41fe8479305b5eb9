import { setTimeout as pause } from "node:timers/promises";
import type { BridgeRegistration, BridgeStep } from "@grantline/domain/bridge";
import { type SecretStore, secretNameOf } from "@grantline/secrets";
import { z } from "zod";
import type { Fetch } from "../fetch.port.ts";
import { type RegistrationTarget, type StepReport, type StepRun, TargetRefused, TargetUnavailable } from "../target.port.ts";
import type { ForeignServer } from "./foreign-server.ts";

export interface ForeignTargetParts {
  readonly server: ForeignServer;
  readonly secrets: Pick<SecretStore, "get" | "set" | "delete">;
  /** The initial access token, for servers that want one; read anew each time, so that it can be replaced. */
  readonly initialAccessToken?: () => Promise<string>;
  readonly fetch: Fetch;
}

/** What that server gave us, as kept in the secret store: with it the client can be changed and removed. */
const keptSchema = z.object({
  client_id: z.string().min(1),
  client_secret: z.string().min(1),
  client_secret_expires_at: z.number().int().nonnegative().default(0),
  registration_client_uri: z.url().optional(),
  registration_access_token: z.string().min(1).optional(),
});
type Kept = z.infer<typeof keptSchema>;

const TRY_MS = 10_000;
const PASSING = new Set([429, 502, 503, 504]);
const WAIT_MS = 500;

/**
 * A server that speaks RFC 7591 itself: Keycloak, Okta and their like. What it gives is kept before the stream is told, so that a registration whose
 * process was killed in between is found in the secret store and taken back. The protocol has no idempotent registration: a kill between the server's
 * work and its answer leaves a client there that nobody can find but by its `software_id`, which names the bridge and the registration.
 */
export function foreignTarget(parts: ForeignTargetParts): RegistrationTarget {
  return {
    kind: "rfc7591",
    accept: () => ({ needsSecret: true }),
    perform: (step, registration, run) => perform(parts, step, registration, run),
    undo: async (report, registration, run) => {
      if (report.kind === "foreign-registered") await compensate(parts, registration, run);
    },
    answers: () =>
      parts.server.metadata().then(
        () => true,
        () => false, // unreachable or unusable: not ready is the answer
      ),
  };
}

function perform(parts: ForeignTargetParts, step: BridgeStep, registration: BridgeRegistration, run: StepRun): Promise<StepReport> {
  switch (step.kind) {
    case "create-application":
      return create(parts, registration, run);
    case "update-application":
      return update(parts, registration, run);
    case "compensate":
      return compensate(parts, registration, run);
    default:
      throw new TargetRefused("target-refused", `a server that speaks RFC 7591 has no step ${step.kind}`);
  }
}

async function create(parts: ForeignTargetParts, registration: BridgeRegistration, run: StepRun): Promise<StepReport> {
  const kept = (await readKept(parts, registration)) ?? (await registerThere(parts, registration, run));
  return {
    kind: "foreign-registered",
    clientId: kept.client_id,
    documentHash: registration.documentHash,
    keyId: "first",
    secretName: secretNameFor(registration),
    endsAt: kept.client_secret_expires_at,
  };
}

async function registerThere(parts: ForeignTargetParts, registration: BridgeRegistration, run: StepRun): Promise<Kept> {
  const { registration_endpoint: endpoint } = await parts.server.metadata();
  const token = await parts.initialAccessToken?.();
  const response = await send(parts, run, { url: endpoint, method: "POST", token, body: documentOf(registration) });
  return keep(parts, registration, response, endpoint);
}

/** RFC 7592 §2.2: everything again, with the secret that was issued. The server may answer with new credentials. */
async function update(parts: ForeignTargetParts, registration: BridgeRegistration, run: StepRun): Promise<StepReport> {
  const kept = await readKept(parts, registration);
  if (kept?.registration_client_uri === undefined)
    throw new TargetRefused("target-refused", "the target gave no way to change what is registered (RFC 7592)");
  const { registration_client_uri: uri, registration_access_token: token, client_id, client_secret } = kept;
  const response = await send(parts, run, {
    url: uri,
    method: "PUT",
    token,
    body: { ...documentOf(registration), client_id, client_secret },
  });
  await keep(parts, registration, response, uri, kept);
  return { kind: "application-updated", documentHash: registration.documentHash };
}

async function compensate(parts: ForeignTargetParts, registration: BridgeRegistration, run: StepRun): Promise<StepReport> {
  const kept = await readKept(parts, registration);
  if (kept?.registration_client_uri !== undefined) {
    const response = await send(parts, run, { url: kept.registration_client_uri, method: "DELETE", token: kept.registration_access_token });
    // RFC 7592 §2.3: 401 is the answer for a client that is not there any more, as after a try whose answer was lost
    if (!response.ok && ![401, 404].includes(response.status))
      throw new TargetRefused("target-refused", `the target would not remove a client: ${response.status}`);
  }
  await parts.secrets.delete(secretNameFor(registration));
  await parts.secrets.delete(keptNameFor(registration));
  return { kind: "compensated" };
}

/** Both names, the one for the facade last: once it is there everything is. */
async function keep(
  { secrets }: ForeignTargetParts,
  registration: BridgeRegistration,
  response: Response,
  askedAt: string,
  former?: Kept,
): Promise<Kept> {
  const answer: unknown = await response.json().catch(() => undefined);
  if (!response.ok) throw new TargetRefused("target-refused", `the target refused a registration: ${response.status}`);
  const parsed = keptSchema.safeParse({ ...former, ...(answer as object | undefined) });
  if (!parsed.success) throw new TargetRefused("target-answer-invalid", "the target's answer has no client_id or no client_secret");
  const { registration_client_uri: uri } = parsed.data;
  // a URL in an answer is not the operator's word: it may lead nowhere else than the question went
  if (uri !== undefined && new URL(uri).origin !== new URL(askedAt).origin)
    throw new TargetRefused("target-answer-invalid", "the target's registration_client_uri is on another origin");
  await secrets.set(keptNameFor(registration), JSON.stringify(parsed.data));
  await secrets.set(secretNameFor(registration), parsed.data.client_secret);
  return parsed.data;
}

async function readKept({ secrets }: ForeignTargetParts, registration: BridgeRegistration): Promise<Kept | undefined> {
  const secret = await secrets.get(keptNameFor(registration));
  if (secret === undefined) return undefined;
  return keptSchema.parse(JSON.parse(secret.value));
}

function documentOf({ bridgeId, life, metadata }: BridgeRegistration): Readonly<Record<string, unknown>> {
  const { client_name: name = "MCP client", redirect_uris, grant_types, response_types, application_type, scope } = metadata;
  return {
    client_name: name,
    redirect_uris,
    grant_types,
    response_types,
    application_type,
    // the facade authenticates, whether its client does or not
    token_endpoint_auth_method: "client_secret_post",
    ...(scope === undefined ? {} : { scope }),
    software_id: `grantline-bridge-${bridgeId}-${life}`,
  };
}

interface Question {
  readonly url: string;
  readonly method: "POST" | "PUT" | "DELETE";
  readonly token?: string | undefined;
  readonly body?: object;
}

/** An answer that says "not now" was not carried out and is tried again. No answer may have been: a registration is not sent twice. */
async function send(
  { fetch: call }: ForeignTargetParts,
  { signal, correlationId }: StepRun,
  { url, method, token, body }: Question,
): Promise<Response> {
  for (let waitMs = WAIT_MS; ; waitMs *= 2) {
    const response = await call(url, {
      method,
      headers: {
        accept: "application/json",
        "x-correlation-id": correlationId,
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      redirect: "error",
      signal: AbortSignal.any([signal, AbortSignal.timeout(TRY_MS)]),
    }).catch((error: unknown) => {
      const why = `the target gave no answer (${error instanceof Error ? error.name : "unknown"})`;
      throw method === "POST" ? new TargetRefused("outcome-unknown", why) : new TargetUnavailable(why);
    });
    if (!PASSING.has(response.status)) return response;
    const asked = Number(response.headers.get("retry-after") ?? Number.NaN) * 1_000;
    const rested = await pause(Number.isFinite(asked) ? asked : waitMs, true, { signal }).catch(() => false);
    if (!rested) throw new TargetUnavailable(`the target said ${response.status}`, Number.isFinite(asked) ? asked / 1_000 : undefined);
  }
}

function secretNameFor({ bridgeId, life }: BridgeRegistration): string {
  return secretNameOf({ provider: "rfc7591", server: bridgeId, tokenType: `client-secret-${life}` });
}

function keptNameFor({ bridgeId, life }: BridgeRegistration): string {
  return secretNameOf({ provider: "rfc7591", server: bridgeId, tokenType: `registration-${life}` });
}

import type { BridgeRegistration, BridgeStep } from "@grantline/domain/bridge";
import type { SecretStore } from "@grantline/secrets";
import type { Fetch } from "../fetch.port.ts";
import { type RegistrationTarget, type StepReport, type StepRun, TargetRefused } from "../target.port.ts";
import { askServer, objectOf, type Question } from "./ask-server.ts";
import { checkRedirects, clientDocument } from "./client-document.ts";
import type { ForeignServer } from "./foreign-server.ts";
import { dropKept, type Kept, keptSchema, readKept, secretNameFor, writeKept } from "./kept.ts";
import { isKeycloak, keycloakClientUrl, withoutIssuer } from "./keycloak.ts";
import { refusalOf } from "./refusal.ts";

export interface ForeignTargetParts {
  readonly server: ForeignServer;
  readonly secrets: Pick<SecretStore, "get" | "set" | "delete">;
  /** Scopes of that server that clients may have. */
  readonly scopes: readonly string[];
  /** The initial access token, for servers that want one; read anew each time, so that it can be replaced. */
  readonly initialAccessToken?: () => Promise<string>;
  readonly fetch: Fetch;
}

/**
 * A server that speaks RFC 7591 itself: Keycloak, Okta and their like. What it gives is kept before the stream is told, so that a registration whose
 * process was killed in between is found in the secret store and taken back. The protocol has no idempotent registration: a kill between the server's
 * work and its answer leaves a client there that nobody can find but by its `software_id`, which names the bridge and the registration, or, at a server
 * that does not keep it (Keycloak), by its name and age.
 */
export function foreignTarget(parts: ForeignTargetParts): RegistrationTarget {
  return {
    kind: "rfc7591",
    accept({ redirect_uris: uris }) {
      checkRedirects(uris);
      return { needsSecret: true };
    },
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
  const kept = (await readKept(parts.secrets, registration)) ?? (await registerThere(parts, registration, run));
  await leaveIssuerOut(parts, registration, run, kept);
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
  const server = await parts.server.metadata();
  const token = await parts.initialAccessToken?.();
  const body = clientDocument(registration, parts.scopes, server);
  const given = await ask(parts, run, { url: server.registration_endpoint, method: "POST", token, body, once: true });
  return keep(parts, registration, given, server.registration_endpoint);
}

/**
 * Keycloak puts its own issuer into its authorization responses, and a client that compares as RFC 9207 §2.4 wants it would refuse them: the issuer it
 * knows is the facade's. Whether Keycloak does so is a member of the client that the standard has no name for.
 */
async function leaveIssuerOut(parts: ForeignTargetParts, registration: BridgeRegistration, run: StepRun, kept: Kept): Promise<void> {
  const server = await parts.server.metadata();
  if (kept.issuer_left_out === true || !isKeycloak(server)) return;
  const { client_id: clientId, registration_access_token: token } = kept;
  const url = keycloakClientUrl(server, clientId);
  const { registrationAccessToken: next = token } = (await ask(parts, run, {
    url,
    method: "PUT",
    token,
    body: withoutIssuer(clientId),
  })) as { readonly registrationAccessToken?: unknown };
  await keep(parts, registration, { ...kept, registration_access_token: next, issuer_left_out: true }, url);
}

/** RFC 7592 §2.2: everything again, with the secret that was issued. The server may answer with new credentials. */
async function update(parts: ForeignTargetParts, registration: BridgeRegistration, run: StepRun): Promise<StepReport> {
  const kept = await readKept(parts.secrets, registration);
  if (kept?.registration_client_uri === undefined)
    throw new TargetRefused("target-refused", "the target gave no way to change what is registered (RFC 7592)");
  const { registration_client_uri: uri, registration_access_token: token, client_id, client_secret } = kept;
  const document = clientDocument(registration, parts.scopes, await parts.server.metadata());
  const given = await ask(parts, run, { url: uri, method: "PUT", token, body: { ...document, client_id, client_secret } });
  await keep(parts, registration, { ...kept, ...given }, uri);
  return { kind: "application-updated", documentHash: registration.documentHash };
}

async function compensate(parts: ForeignTargetParts, registration: BridgeRegistration, run: StepRun): Promise<StepReport> {
  const kept = await readKept(parts.secrets, registration);
  if (kept?.registration_client_uri !== undefined) await removeThere(parts, run, kept, kept.registration_client_uri);
  await dropKept(parts.secrets, registration);
  return { kind: "compensated" };
}

async function removeThere(parts: ForeignTargetParts, run: StepRun, kept: Kept, url: string): Promise<void> {
  const response = await askServer(parts.fetch, run, { url, method: "DELETE", token: kept.registration_access_token });
  if (response.ok || response.status === 404) return;
  if (response.status !== 401) throw refusalOf(response.status, await objectOf(response));
  // RFC 7592 §2.3: also the answer for a client that is not there any more, as after a try whose answer was lost
  if (await isKnown(parts, run, kept))
    throw new TargetRefused(
      "target-token-refused",
      `the target would not remove ${kept.client_id}: its registration access token is not good any more`,
    );
}

/**
 * There is no asking for a client without its registration access token, and one that was replaced in an answer that got lost is gone. The token endpoint
 * knows who is a client (RFC 6749 §5.2), and a refresh token that nobody issued gives nothing away.
 */
async function isKnown({ server, fetch: call }: ForeignTargetParts, run: StepRun, { client_id, client_secret }: Kept): Promise<boolean> {
  const { token_endpoint: url } = await server.metadata();
  const body = new URLSearchParams({ grant_type: "refresh_token", refresh_token: "none", client_id, client_secret });
  const answer = (await objectOf(await askServer(call, run, { url, method: "POST", body }))) as { readonly error?: unknown } | undefined;
  return answer?.error !== "invalid_client";
}

/** Its answer, when it says yes. */
async function ask({ fetch: call }: ForeignTargetParts, run: StepRun, question: Question): Promise<object> {
  const response = await askServer(call, run, question);
  const answer = await objectOf(response);
  if (!response.ok) throw refusalOf(response.status, answer);
  return answer ?? {};
}

async function keep({ secrets }: ForeignTargetParts, registration: BridgeRegistration, given: object, askedAt: string): Promise<Kept> {
  const parsed = keptSchema.safeParse(given);
  if (!parsed.success) throw new TargetRefused("target-answer-invalid", "the target's answer has no client_id or no client_secret");
  const { registration_client_uri: uri } = parsed.data;
  // a URL in an answer is not the operator's word: it may lead nowhere else than the question went
  if (uri !== undefined && new URL(uri).origin !== new URL(askedAt).origin)
    throw new TargetRefused("target-answer-invalid", "the target's registration_client_uri is on another origin");
  return writeKept(secrets, registration, parsed.data);
}

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
  /** How it is shown: as RFC 7591 §3 has it, or as an API token of Okta. Default Bearer. */
  readonly tokenType?: "Bearer" | "SSWS";
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
  const authorization = await initialAuthorization(parts);
  const body = clientDocument(registration, parts.scopes, server);
  const given = await ask(parts, run, { url: server.registration_endpoint, method: "POST", authorization, body, once: true });
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
  const question = {
    url: keycloakClientUrl(server, clientId),
    method: "PUT",
    authorization: bearer(token),
    body: withoutIssuer(clientId),
  } as const;
  const { registrationAccessToken: next = token } = (await ask(parts, run, question)) as { readonly registrationAccessToken?: unknown };
  await keep(parts, registration, { ...kept, registration_access_token: next, issuer_left_out: true }, question.url);
}

/** RFC 7592 §2.2: everything again, with the secret that was issued. The server may answer with new credentials. */
async function update(parts: ForeignTargetParts, registration: BridgeRegistration, run: StepRun): Promise<StepReport> {
  const kept = await readKept(parts.secrets, registration);
  if (kept === undefined) throw new TargetRefused("target-refused", "what the target gave for the client is not in the secret store");
  const { client_id, client_secret } = kept;
  const document = clientDocument(registration, parts.scopes, await parts.server.metadata());
  const at = await managementOf(parts, kept);
  const given = await ask(parts, run, { ...at, method: "PUT", body: { ...document, client_id, client_secret } });
  await keep(parts, registration, { ...kept, ...given }, at.url);
  return { kind: "application-updated", documentHash: registration.documentHash };
}

async function compensate(parts: ForeignTargetParts, registration: BridgeRegistration, run: StepRun): Promise<StepReport> {
  const kept = await readKept(parts.secrets, registration);
  if (kept !== undefined) await removeThere(parts, run, kept);
  await dropKept(parts.secrets, registration);
  return { kind: "compensated" };
}

async function removeThere(parts: ForeignTargetParts, run: StepRun, kept: Kept): Promise<void> {
  const response = await askServer(parts.fetch, run, { ...(await managementOf(parts, kept)), method: "DELETE" });
  if (response.ok) return;
  if (![401, 404, 405].includes(response.status)) throw refusalOf(response.status, await objectOf(response));
  // RFC 7592 §2.3: 401 is the answer for a client that is not there any more, as after a try whose answer was lost, and for a token that is not good
  if (await isKnown(parts, run, kept))
    throw new TargetRefused(
      "target-token-refused",
      `the target said ${response.status} and did not remove ${kept.client_id}: it has to be removed there by hand`,
    );
}

/** As the server said (RFC 7592 §3); at one that says nothing, as Okta, below its registration endpoint and with what registers clients. */
async function managementOf(parts: ForeignTargetParts, kept: Kept): Promise<Pick<Question, "url" | "authorization">> {
  const { registration_client_uri: url, registration_access_token: token, client_id: clientId } = kept;
  if (url !== undefined) return { url, authorization: bearer(token) };
  const { registration_endpoint: endpoint } = await parts.server.metadata();
  return { url: `${endpoint}/${encodeURIComponent(clientId)}`, authorization: await initialAuthorization(parts) };
}

async function initialAuthorization({ initialAccessToken, tokenType = "Bearer" }: ForeignTargetParts): Promise<string | undefined> {
  return initialAccessToken === undefined ? undefined : `${tokenType} ${await initialAccessToken()}`;
}

function bearer(token: string | undefined): string | undefined {
  return token === undefined ? undefined : `Bearer ${token}`;
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

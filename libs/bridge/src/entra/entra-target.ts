import { randomBytes } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import type { BridgeRegistration, BridgeStep, TargetApplication, TargetKey } from "@grantline/domain/bridge";
import { type SecretStore, secretNameOf } from "@grantline/secrets";
import { z } from "zod";
import { type MarkedApplication, type RegistrationTarget, type StepReport, type StepRun, TargetUnavailable } from "../target.port.ts";
import { applicationBody, checkRedirects, type EntraApplicationRules, MARK, platformOf, uniqueNameOf } from "./application-body.ts";
import type { CallRun, Graph } from "./graph-client.ts";

export interface EntraTargetParts {
  readonly graph: Graph;
  readonly secrets: Pick<SecretStore, "get" | "set" | "delete">;
  /** Epoch seconds. */
  readonly clock: { now(): number };
  readonly rules: EntraApplicationRules;
  /** How long a secret is good for. */
  readonly secretLifetime: number;
  /** How long the former secret stays beside a new one. */
  readonly secretOverlap: number;
  /** After a request of unknown outcome Graph may say 404 for what it has made; after so many seconds it is believed. Default 60. */
  readonly certainAfter?: number;
}

const applicationSchema = z.object({
  id: z.string(),
  appId: z.string(),
  uniqueName: z.string().nullish(),
  createdDateTime: z.string().nullish(),
});
const passwordSchema = z.object({ keyId: z.string(), secretText: z.string().min(1), endDateTime: z.string() });
const keysSchema = z.object({
  passwordCredentials: z
    .array(z.object({ keyId: z.string(), displayName: z.string().nullish(), startDateTime: z.string().nullish() }))
    .default([]),
});
const listSchema = z.object({ value: z.array(applicationSchema.extend(keysSchema.shape)), "@odata.nextLink": z.string().optional() });
const KEY_NAME = "grantline";
const CERTAIN_AFTER = 60;
const LOST_ANSWER_WAIT_MS = 200;

/** Microsoft Entra: an application, its service principal and its secret per registration, by Microsoft Graph v1.0. */
export function entraTarget(parts: EntraTargetParts): RegistrationTarget {
  return {
    kind: "entra",
    accept({ redirect_uris: uris }) {
      checkRedirects(uris);
      return { needsSecret: uris.some((uri) => platformOf(uri) === "web") };
    },
    perform: (step, registration, run) => perform(parts, step, registration, run),
    undo: (report, registration, run) => undo(parts, report, registration, run),
    marked: (run) => marked(parts, run),
    answers: () =>
      parts.graph
        .call(
          { method: "GET", path: `/applications(uniqueName='${MARK}-none')?$select=id` },
          { signal: AbortSignal.timeout(2_000), correlationId: "readiness" },
        )
        .then(
          () => true,
          () => false, // refused or unreachable: not ready is the answer
        ),
  };
}

function perform(parts: EntraTargetParts, step: BridgeStep, registration: BridgeRegistration, run: StepRun): Promise<StepReport> {
  switch (step.kind) {
    case "create-application":
      return createApplication(parts, registration, run);
    case "create-principal":
      return createPrincipal(parts, applicationOf(registration), run);
    case "update-application":
      return updateApplication(parts, registration, run);
    case "issue-secret":
      return issueSecret(parts, registration, run);
    case "settle-secret":
      return settleSecret(parts, registration, step.key, run);
    case "remove-secret":
      return removeSecret(parts, registration, step.key, run);
    case "compensate":
      return compensate(parts, registration, run);
  }
}

/** An upsert by a name that only this registration has: tried twice, or by two, it is still one application. */
async function createApplication(parts: EntraTargetParts, registration: BridgeRegistration, run: StepRun): Promise<StepReport> {
  const path = byName(parts, registration);
  const made = await parts.graph.call(
    { method: "PATCH", path, headers: { prefer: "create-if-missing" }, body: applicationBody(parts.rules, registration) },
    run,
  );
  // 204: an earlier try, whose answer was lost, has made it
  const found = made.status === 201 ? made : await parts.graph.call({ method: "GET", path, awaits: true }, run);
  const { id, appId } = applicationSchema.parse(found.body);
  return { kind: "app-created", appId, objectId: id, documentHash: registration.documentHash };
}

/** Without it nobody can log in to the application. It goes with the application. */
async function createPrincipal({ graph, rules }: EntraTargetParts, { clientId }: TargetApplication, run: StepRun): Promise<StepReport> {
  const path = `/servicePrincipals(appId='${clientId}')`;
  const body = { tags: [MARK, `${MARK}-${rules.installation}`] };
  const made = await graph.call({ method: "PATCH", path, headers: { prefer: "create-if-missing" }, body, awaits: true }, run);
  const found = made.status === 201 ? made : await graph.call({ method: "GET", path, awaits: true }, run);
  return { kind: "principal-created", servicePrincipalId: z.object({ id: z.string() }).parse(found.body).id };
}

async function updateApplication(parts: EntraTargetParts, registration: BridgeRegistration, run: StepRun): Promise<StepReport> {
  const { objectId } = applicationOf(registration);
  await parts.graph.call(
    { method: "PATCH", path: `/applications/${objectId}`, body: applicationBody(parts.rules, registration), awaits: true },
    run,
  );
  return { kind: "application-updated", documentHash: registration.documentHash };
}

/** Not idempotent at Graph, so each run marks its own: one whose answer was lost is taken away before the next is asked for. */
async function issueSecret(parts: EntraTargetParts, registration: BridgeRegistration, run: StepRun): Promise<StepReport> {
  const displayName = `${KEY_NAME} ${randomBytes(8).toString("hex")}`;
  for (;;) {
    try {
      return await addPassword(parts, registration, displayName, run);
    } catch (error) {
      if (!(error instanceof TargetUnavailable) || run.signal.aborted) throw error;
      await pause(LOST_ANSWER_WAIT_MS);
      await removeLost(parts, registration, displayName, run);
    }
  }
}

async function addPassword(
  { graph, clock, secretLifetime }: EntraTargetParts,
  registration: BridgeRegistration,
  displayName: string,
  run: StepRun,
): Promise<StepReport> {
  const endsAt = clock.now() + secretLifetime;
  const passwordCredential = { displayName, endDateTime: new Date(endsAt * 1_000).toISOString() };
  const path = `/applications/${applicationOf(registration).objectId}/addPassword`;
  const { body } = await graph.call({ method: "POST", path, body: { passwordCredential }, awaits: true, once: true }, run);
  const { keyId, secretText } = passwordSchema.parse(body);
  run.hand.set(keyId, secretText);
  return { kind: "secret-issued", keyId, endsAt, secretName: secretNameFor(registration, keyId) };
}

async function removeLost(parts: EntraTargetParts, registration: BridgeRegistration, displayName: string, run: StepRun): Promise<void> {
  const { objectId } = applicationOf(registration);
  const { body } = await parts.graph.call(
    { method: "GET", path: `/applications/${objectId}?$select=id,passwordCredentials`, awaits: true },
    run,
  );
  for (const key of keysSchema.parse(body).passwordCredentials)
    if (key.displayName === displayName) await removePassword(parts, registration, key.keyId, run);
}

/** One name a key, so that the former stays readable until the stream says which is current. */
function secretNameFor({ bridgeId }: BridgeRegistration, keyId: string): string {
  const tail = keyId
    .toLowerCase()
    .replaceAll(/[^a-z0-9]/g, "")
    .slice(0, 12);
  return secretNameOf({ provider: "entra", server: bridgeId, tokenType: `client-secret-${tail}` });
}

/** The value is in hand, or the store has it already, or it is lost with the process that had it: then the key is taken away and another one follows. */
async function settleSecret(parts: EntraTargetParts, registration: BridgeRegistration, key: TargetKey, run: StepRun): Promise<StepReport> {
  const { secrets, clock, secretOverlap } = parts;
  const value = run.hand.get(key.keyId);
  if (value !== undefined) await secrets.set(key.secretName, value, { expiresAt: key.endsAt });
  else if ((await secrets.get(key.secretName)) === undefined) return removeSecret(parts, registration, key, run);
  return { kind: "secret-stored", keyId: key.keyId, formerEndAt: clock.now() + secretOverlap };
}

async function removeSecret(parts: EntraTargetParts, registration: BridgeRegistration, key: TargetKey, run: StepRun): Promise<StepReport> {
  await removePassword(parts, registration, key.keyId, run);
  await parts.secrets.delete(key.secretName);
  return { kind: "secret-removed", keyId: key.keyId };
}

async function removePassword({ graph }: EntraTargetParts, registration: BridgeRegistration, keyId: string, run: StepRun): Promise<void> {
  const application = `/applications/${applicationOf(registration).objectId}`;
  const { status, body } = await graph.call({ method: "GET", path: `${application}?$select=id,passwordCredentials` }, run);
  const keys = keysSchema.parse(body).passwordCredentials;
  // an earlier try, or somebody in the portal, has removed it
  if (status === 404 || keys.every((key) => key.keyId !== keyId)) return;
  await graph.call({ method: "POST", path: `${application}/removePassword`, body: { keyId } }, run);
}

/** Application first: from then on no secret is of any use. */
async function compensate(parts: EntraTargetParts, registration: BridgeRegistration, run: StepRun): Promise<StepReport> {
  const { clock, certainAfter = CERTAIN_AFTER } = parts;
  const objectId = registration.application?.objectId ?? (await findObjectId(parts, registration, run));
  const removed = objectId !== undefined && (await removeApplication(parts.graph, objectId, run));
  if (!removed && clock.now() - registration.requestedAt < certainAfter)
    throw new TargetUnavailable("whether an application is left can't be said yet", certainAfter);
  for (const { secretName } of registration.keys) await parts.secrets.delete(secretName);
  return { kind: "compensated" };
}

async function findObjectId(parts: EntraTargetParts, registration: BridgeRegistration, run: StepRun): Promise<string | undefined> {
  const { status, body } = await parts.graph.call({ method: "GET", path: byName(parts, registration) }, run);
  return status === 404 ? undefined : applicationSchema.parse(body).id;
}

/**
 * For good: a deleted application counts against the tenant's quota for 30 days, and could be restored with its secrets. False: Graph knows nothing of it,
 * which of a young one may only mean that not every replica has heard of it.
 */
async function removeApplication(graph: Graph, objectId: string, run: CallRun): Promise<boolean> {
  const deleted = await graph.call({ method: "DELETE", path: `/applications/${objectId}` }, run);
  // it appears among the deleted ones a moment later
  const purged = await graph.call({ method: "DELETE", path: `/directory/deletedItems/${objectId}`, awaits: deleted.status !== 404 }, run);
  return deleted.status !== 404 || purged.status !== 404;
}

async function undo(parts: EntraTargetParts, report: StepReport, registration: BridgeRegistration, run: StepRun): Promise<void> {
  if (report.kind === "app-created") await removeApplication(parts.graph, report.objectId, run);
  if (report.kind === "secret-issued") await removePassword(parts, registration, report.keyId, run);
  if (report.kind === "secret-stored") await parts.secrets.delete(secretNameFor(registration, report.keyId));
}

async function* marked({ graph, rules }: EntraTargetParts, run: StepRun): AsyncGenerator<MarkedApplication> {
  const filter = encodeURIComponent(`tags/any(t:t eq '${MARK}-${rules.installation}')`);
  let path: string | undefined = `/applications?$filter=${filter}&$select=id,appId,uniqueName,createdDateTime,passwordCredentials&$top=100`;
  while (path !== undefined) {
    const { body }: { body: unknown } = await graph.call({ method: "GET", path }, run);
    const page: z.infer<typeof listSchema> = listSchema.parse(body);
    for (const { id, uniqueName, createdDateTime, passwordCredentials } of page.value) {
      const [, bridgeId, life] = new RegExp(`^${MARK}-${rules.installation}-([a-z0-9]+)-(\\d+)$`).exec(uniqueName ?? "") ?? [];
      if (bridgeId === undefined) continue;
      yield {
        bridgeId,
        life: Number(life),
        createdAt: secondsOf(createdDateTime),
        keys: passwordCredentials
          .filter(({ displayName }) => displayName?.startsWith(KEY_NAME) === true)
          .map(({ keyId, startDateTime }) => ({ keyId, createdAt: secondsOf(startDateTime) })),
        remove: async () => void (await removeApplication(graph, id, run)),
        removeKey: async (keyId) =>
          void (await graph.call({ method: "POST", path: `/applications/${id}/removePassword`, body: { keyId } }, run)),
      };
    }
    path = page["@odata.nextLink"]?.replace(/^https?:\/\/[^/]+\/v1\.0/, "");
  }
}

/** Of a date Graph did not tell, long ago. */
function secondsOf(date: string | null | undefined): number {
  return Math.floor(Date.parse(date ?? "1970-01-01T00:00:00Z") / 1_000);
}

function byName({ rules }: EntraTargetParts, registration: BridgeRegistration): string {
  return `/applications(uniqueName='${uniqueNameOf(rules, registration)}')`;
}

function applicationOf({ application }: BridgeRegistration): TargetApplication {
  if (application === undefined) throw new TargetUnavailable("there is no application yet");
  return application;
}

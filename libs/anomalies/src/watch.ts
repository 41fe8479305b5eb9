import { hash } from "node:crypto";
import type { FindingCommand, FindingOutcome, FindingResponse, FindingState, Severity } from "@grantline/domain/finding";
import { parseEvent, type CommandMeta, type EventStore, type StoredEvent, type StreamRepository } from "@grantline/event-store";
import type { FeedLog, Lease } from "@grantline/feed";
import type { ReadModel } from "@grantline/read-model";
import type { Found } from "./detector.ts";
import { createEngine } from "./engine.ts";
import type { Observation } from "./observation.ts";
import { OBSERVED_TYPES } from "./observer.ts";
import { responseTo, type Policy } from "./policy.ts";
import { respond, type RespondParts } from "./respond.ts";
import { createKeptState } from "./kept-state.ts";

export interface WatchOptions extends RespondParts {
  readonly store: Pick<EventStore, "subscribe" | "head">;
  readonly readModel: Pick<ReadModel, "get" | "write" | "checkpoint" | "clear">;
  readonly findings: StreamRepository<FindingState, FindingCommand, FindingOutcome>;
  readonly observe: (stored: StoredEvent) => Promise<Observation | undefined>;
  readonly policy: Policy;
  readonly flags: { enabled(flag: "anomalies.detection" | "anomalies.responses"): boolean };
  readonly log: FeedLog;
  readonly metrics?: AnomalyMetrics;
  /** Milliseconds between two savings of what the detectors know. */
  readonly saveEveryMs?: number;
}

export interface AnomalyMetrics {
  finding(kind: string, severity: Severity, response: FindingResponse): void;
}

/** It is all of it that is written, megabytes where much is known; what is not saved yet is only looked at again. */
const SAVE_EVERY_MS = 60_000;

/** The work of the lease `anomalies`: follows the log, records what looks wrong, does what the policy says. Until the signal is aborted. */
export async function watchForAnomalies(options: WatchOptions, lease: Lease): Promise<void> {
  const { store, flags, log, saveEveryMs = SAVE_EVERY_MS } = options;
  const engine = createEngine();
  const kept = createKeptState(options);
  const from = await kept.load(engine);
  log.info({ from }, "anomalies: going on");
  let savedMs = performance.now();

  const take = async (stored: StoredEvent): Promise<void> => {
    const seen = await options.observe(stored);
    if (seen === undefined) return;
    for (const found of engine.observe(seen)) await settle(options, lease, found, stored);
  };

  const failed = Promise.withResolvers<void>();
  const subscription = store.subscribe(
    from,
    async (events, upTo) => {
      if (lease.signal.aborted) return;
      try {
        const detecting = flags.enabled("anomalies.detection");
        for (const stored of events) {
          // P9: whether anything is looked for or not
          if (stored.type === "SubjectErased") engine.forget(stored.stream.slice("subject-".length));
          if (detecting) await take(stored);
          else if (stored.type === "SubjectErased") await options.observe(stored);
        }
        kept.reached(upTo);
        if (performance.now() - savedMs >= saveEveryMs) {
          await kept.save(engine);
          savedMs = performance.now();
        }
      } catch (error) {
        // in this run nothing more is taken: what was begun is begun anew from what was saved
        failed.reject(error);
        throw error;
      }
    },
    { types: OBSERVED_TYPES },
  );
  lease.signal.addEventListener("abort", () => failed.resolve(), { once: true });
  if (lease.signal.aborted) failed.resolve();
  try {
    await failed.promise;
  } finally {
    await subscription.close();
  }
  // so that the next holder need not look at the same events again
  await kept.save(engine);
}

/** Records one finding and answers it. Begun anew after a crash it ends in the same place: the stream is named by what was found. */
async function settle(options: WatchOptions, lease: Lease, found: Found, cause: StoredEvent): Promise<void> {
  const { findings, policy, flags, clock, log, metrics } = options;
  const id = findingId(found);
  const { correlationId } = parseEvent(cause).meta;
  const meta: CommandMeta = { correlationId, causationId: cause.id, actor: { kind: "system", id: "anomalies" } };
  const response = responseTo(found, policy, { now: clock.now(), acting: flags.enabled("anomalies.responses") });
  const { kind, severity, target, evidence, count, since, until } = found;
  await lease.assertHeld();
  const finding = { kind, severity, response, ...target, evidence, count, since, until };
  const { outcome, state } = await findings.execute(id, { kind: "detect", now: clock.now(), finding }, meta);
  if (outcome.kind === "done") {
    metrics?.finding(kind, severity, response);
    log.warn({ finding: id, kind, severity, response, ...target }, "an anomaly was found");
  }
  // what was found before goes by what was decided then
  if (state.status !== "open" || state.finding.response === "observe" || state.finding.response === "alert") return;
  const wanted = state.finding.response;
  const result = await respond(options, { findingId: id, response: wanted, target, meta });
  await findings.execute(id, { kind: "answer", now: clock.now(), taken: { response: wanted, result, ...target } }, meta);
  log.warn({ finding: id, response: wanted, result }, "an anomaly was answered");
}

/** Begins with the time, so that a listing by id is one by time; the rest names what was found. */
export function findingId({ kind, key, since }: Found): string {
  return since.toString(16).padStart(8, "0") + hash("sha256", `${kind}\n${key}`, "hex").slice(0, 24);
}

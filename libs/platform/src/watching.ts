import { setTimeout as pause } from "node:timers/promises";
import type { AnomalyKind, FindingResponse } from "@grantline/domain/finding";
import { createObserver, DEFAULT_POLICY, watchForAnomalies, type Policy } from "@grantline/anomalies";
import type { Config } from "@grantline/config";
import { type Lease, LeaseLost, type Leases } from "@grantline/feed";
import type { Logger } from "@grantline/telemetry";
import { sinkWork } from "./alerts.ts";
import type { AuditParts } from "./audit.ts";
import type { Leased, LeasedParts } from "./leased.ts";
import type { Instruments } from "./rim.ts";

export interface WatchingParts extends AuditParts {
  readonly instruments: Instruments;
}

type Work = (lease: Lease) => Promise<void>;

/** What follows the log for the sake of security, each by the name of its lease. */
export function watchingWork(parts: WatchingParts): Readonly<Record<string, Work>> {
  return { anomalies: (lease) => watch(parts, lease), ...sinkWork(parts) };
}

/** One process of many does each at a time. */
export function holdWatching(leases: Leases, parts: LeasedParts): Leased {
  const held = Object.entries(watchingWork(parts)).map(([name, work]) => ({ name, duty: leases.hold(name, work) }));
  return {
    working: () => held.filter(({ duty }) => duty.working()).map(({ name }) => name),
    close: async () => {
      await Promise.all(held.map(({ duty }) => duty.close()));
    },
  };
}

/** The same where there is only one process that could: no lease is needed. */
export function startWatchingAlone(parts: WatchingParts): { close(): Promise<void> } {
  const closing = new AbortController();
  const running = Object.entries(watchingWork(parts)).map(([name, work]) => keepAtIt(name, work, closing.signal, parts.log));
  return {
    close: async () => {
      closing.abort(new LeaseLost("the process stops"));
      await Promise.all(running);
    },
  };
}

const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;

async function keepAtIt(duty: string, work: Work, signal: AbortSignal, log: Logger): Promise<void> {
  const lease: Lease = { duty, term: 1, signal, assertHeld: async () => signal.throwIfAborted() };
  for (let pauseMs = FIRST_PAUSE_MS; !signal.aborted; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
    try {
      await work(lease);
    } catch (error) {
      if (!signal.aborted) log.error({ duty, err: error }, "working at a duty failed; it is begun anew after a pause");
    }
    await pause(pauseMs, undefined, { signal, ref: false }).catch(() => undefined);
  }
}

async function watch({ platform, config, log, instruments: { metrics } }: WatchingParts, lease: Lease): Promise<void> {
  const { context, keys } = platform;
  const observe = createObserver({
    openAddress: (sealed) => keys.subjectKeys.openAddress(sealed),
    fingerprint: (of, value) => keys.subjectKeys.loginHash(of, value),
    loadGrant: async (grantId) => (await context.grants.load(grantId)).state,
  });
  const { store, readModel, findings, flags, clients, grants, subjects, clock } = context;
  const responders = { clients, grants, subjects, clock };
  await watchForAnomalies({ ...responders, store, readModel, findings, observe, policy: policyOf(config), flags, log, metrics }, lease);
}

export function policyOf({ anomalies }: Config): Policy {
  return { ...DEFAULT_POLICY, ...(Object.fromEntries(anomalies.policy) as Partial<Record<AnomalyKind, FindingResponse>>) };
}

import { leaseDecider } from "@grantline/domain/lease";
import {
  createRelay,
  createLeases,
  endingSecretsDuty,
  signingKeysDuty,
  startLeasedDuties,
  type Lease,
  type LeasedDuty,
  type Leases,
} from "@grantline/feed";
import { growingAudit, type AuditParts } from "./audit.ts";
import { dutiesOf } from "./duties.ts";
import { holdWatching } from "./watching.ts";
import type { Instruments } from "./rim.ts";

export interface LeasedParts extends AuditParts {
  readonly instruments: Instruments;
}

/** Work of which one process of an installation does its share at a time; another takes over when it dies. */
export interface Leased {
  /** Names of what this process is at now. */
  working(): readonly string[];
  close(): Promise<void>;
}

/** What rotation-worker does: signing keys, warnings of ending secrets, clean-up of registrations and grants, upstream tokens that end soon, a look at the log for anomalies. */
export function startRotation({ platform, log, config, instruments }: LeasedParts): Leased {
  const { context } = platform;
  const { metrics } = instruments;
  const duties: readonly LeasedDuty[] = [
    signingKeysDuty(context.keyring),
    endingSecretsDuty({ readModel: context.readModel, clients: context.clients, clock: context.clock, log, metrics }),
    // the listings they sweep by may be filled for the first time just now
    ...dutiesOf(context).map((duty) => ({ ...duty, firstAfterSeconds: 60 })),
    ...platform.upstream.duties,
  ];
  const leases = leasesOf({ platform, log });
  const rotating = startLeasedDuties({ leases, duties, log });
  const watching = holdWatching(leases, { platform, log, config, instruments });
  return {
    working: () => [...rotating.working(), ...watching.working()],
    close: async () => {
      await Promise.all([rotating.close(), watching.close()]);
    },
  };
}

/** What audit-projector does: projections, the tree of the log, and the relay where there are brokers. Each is a lease of its own. */
export function startProjecting(parts: LeasedParts): Leased {
  const leases = leasesOf(parts);
  const held = Object.entries({
    projections: (lease: Lease) => project(parts, lease),
    "audit-tree": (lease: Lease) => growTree(parts, lease),
    ...(parts.config.storage.kafkaBrokers.length === 0 ? {} : { relay: (lease: Lease) => relay(parts, lease) }),
  }).map(([name, work]) => ({ name, duty: leases.hold(name, work) }));
  return {
    working: () => held.filter(({ duty }) => duty.working()).map(({ name }) => name),
    close: async () => {
      await Promise.all(held.map(({ duty }) => duty.close()));
    },
  };
}

/** Stands for a lease per duty. */
export function standFor(duties: readonly LeasedDuty[], { platform, log }: Pick<LeasedParts, "platform" | "log">): Leased {
  return startLeasedDuties({ leases: leasesOf({ platform, log }), duties, log });
}

function leasesOf({ platform: { runtime, context }, log }: Pick<LeasedParts, "platform" | "log">): Leases {
  const { ephemeral, clock, random } = context;
  return createLeases({ leases: runtime.repository(leaseDecider), ephemeral, holder: random.hex(8), clock, log });
}

/** A second projector that has not yet noticed the take-over harms nothing: its writes expect the checkpoint it saw last. */
async function project({ platform }: LeasedParts, lease: Lease): Promise<void> {
  const projector = platform.projecting();
  projector.start();
  await ended(lease);
  await projector.stop();
}

async function growTree(parts: LeasedParts, lease: Lease): Promise<void> {
  const audit = await growingAudit(parts, true, { held: () => !lease.signal.aborted });
  await ended(lease);
  await audit.close();
}

async function relay({ platform, config, log, instruments: { metrics } }: LeasedParts, lease: Lease): Promise<void> {
  const { openKafkaPublisher } = await import("@grantline/feed-kafka");
  const { kafkaBrokers, kafkaTopicPrefix } = config.storage;
  const { store, readModel, clock } = platform.context;
  const publisher = openKafkaPublisher({
    brokers: kafkaBrokers,
    topicPrefix: kafkaTopicPrefix,
    clientId: "grantline-relay",
    log,
    region: config.server.region,
  });
  try {
    await createRelay({ store, publisher, checkpoints: readModel, clock, log, metrics }).run(lease);
  } finally {
    await publisher.close();
  }
}

function ended({ signal }: Lease): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

import { randomBytes } from "node:crypto";
import { gatewayEvents, type GatewayEvent } from "@grantline/domain/gateway";
import { NO_STREAM, sealEvents, type CommandMeta, type EventStore, type SealedEvent } from "@grantline/event-store";
import type { Clock } from "@grantline/oauth/context";

export interface GatewayStreamOptions {
  readonly store: EventStore;
  readonly clock: Clock;
  readonly region: string;
  readonly service: string;
  /** A new name for this writer: lower-case letters and digits. */
  readonly newWriter?: () => string;
}

/** Something decided, and who caused it when. */
export interface Decided {
  readonly event: GatewayEvent;
  readonly meta: CommandMeta;
  readonly atMs: number;
}

/** The one writer of `gateway-{writer}-{yyyymmddhh}`. */
export interface GatewayStream {
  /** Resolves when they and all before are durable. After a failure they are kept and sent by the next call. */
  append(decided: readonly Decided[]): Promise<void>;
  /** Events not known to be durable. */
  backlog(): number;
}

interface Place {
  readonly stream: string;
  revision: number;
  hash: string;
}
interface Batch {
  readonly decided: readonly Decided[];
  readonly place: Place;
  readonly sealed: readonly SealedEvent[];
}

const AT_ONCE = 500;

export function createGatewayStream(options: GatewayStreamOptions): GatewayStream {
  const { store, clock, newWriter = () => randomBytes(4).toString("hex") } = options;
  let writer = newWriter();
  let place: Place | undefined;
  /** Sent, with an answer still to come: kept with its ids, so that it is not counted twice. */
  let pending: Batch | undefined;
  const queue: Decided[] = [];

  const placeNow = (): Place => {
    const hour = new Date(clock.now() * 1_000).toISOString().slice(0, 13).replace(/[-T]/g, "");
    const stream = `gateway-${writer}-${hour}`;
    if (place?.stream !== stream) place = { stream, revision: NO_STREAM, hash: "" };
    return place;
  };

  const send = async (): Promise<void> => {
    pending ??= seal(queue.splice(0, AT_ONCE), placeNow(), options);
    const { decided, place: at, sealed } = pending;
    const result = await store.append(at.stream, at.revision, sealed);
    pending = undefined;
    if (result.kind === "appended") {
      at.revision = result.revision;
      at.hash = (sealed.at(-1) as SealedEvent).hash;
    } else {
      // somebody else writes under this name: take another
      queue.unshift(...decided);
      writer = newWriter();
    }
  };

  return {
    async append(decided) {
      queue.push(...decided);
      while (pending !== undefined || queue.length > 0) await send();
    },
    backlog: () => queue.length + (pending?.decided.length ?? 0),
  };
}

function seal(decided: readonly Decided[], place: Place, { region, service }: GatewayStreamOptions): Batch {
  let { hash: previousHash, revision } = place;
  const sealed = decided.map(({ event, meta, atMs }) => {
    revision += 1;
    const [one] = sealEvents({
      stream: place.stream,
      previousHash,
      revision,
      events: [event],
      definitions: gatewayEvents,
      meta: { ...meta, region, service },
      atMs,
    }) as [SealedEvent];
    previousHash = one.hash;
    return one;
  });
  return { decided, place, sealed };
}

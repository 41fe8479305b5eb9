import { comparePositions, type Position, START } from "@grantline/event-store";
import { CheckpointMoved } from "@grantline/read-model";
import type { RelayOptions } from "./relay.port.ts";

export const CHECKPOINT = "relay.v1";

/** The relay's place in the log. Kept in the read model, told by the topic itself when that has lost it. */
export interface RelayCheckpoint {
  position(): Position;
  advance(to: Position): Promise<void>;
}

/** @throws whatever the publisher throws when neither the read model nor the topic can tell the place. */
export async function findCheckpoint({ checkpoints, publisher, store, log }: RelayOptions): Promise<RelayCheckpoint> {
  let kept: Position | undefined = await checkpoints.checkpoint(CHECKPOINT).catch((error: unknown) => {
    log.warn({ err: error }, "relay: the checkpoint can't be read; the topic is asked");
    return undefined;
  });
  let position = kept ?? (await publisher.published()) ?? START;
  if (comparePositions(position, await store.head()) > 0) {
    // The log is shorter than what was published from it: a backup was put back. Nothing of it may be left out.
    log.error({ position }, "relay: the place to go on from lies beyond the log; publishing from its start");
    position = START;
  }
  log.info({ position, from: kept === undefined ? "topic" : "checkpoint" }, "relay: going on");
  let failing = false;

  /** Only forwards: a relay that lost its lease unawares may still write once, and must not set its follower back. */
  const keep = async (): Promise<void> => {
    try {
      await checkpoints.write(CHECKPOINT, [], position, kept ?? START);
    } catch (error) {
      if (!(error instanceof CheckpointMoved)) throw error;
      const found = await checkpoints.checkpoint(CHECKPOINT);
      if (found === undefined || comparePositions(found, position) < 0) await checkpoints.write(CHECKPOINT, [], position, found ?? START);
      else position = found;
    }
    kept = position;
  };

  return {
    position: () => position,
    async advance(to) {
      position = to;
      try {
        await keep();
        failing = false;
      } catch (error) {
        // P7: publishing goes on without; the topic tells the place as well.
        if (!failing) log.warn({ err: error }, "relay: the checkpoint can't be written; it is tried again with the next batch");
        failing = true;
      }
    },
  };
}

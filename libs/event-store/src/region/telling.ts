import type { StreamChange } from "../port.ts";
import type { ChangeLog } from "./port.ts";

export interface TellingOptions {
  readonly log: ChangeLog | undefined;
  /** After this long everybody has heard of it from the store, or does not trust itself any more. */
  readonly waitMs: number;
  readonly onTrouble: (what: string, error: unknown) => void;
}

/** Tells the other processes of appends, many at a time. What could not be told and takes something away is answered only once all must know. */
export function createTelling({ log, waitMs, onTrouble }: TellingOptions) {
  let waiting: StreamChange[] = [];
  let sent: Promise<void> | undefined;

  const send = (): Promise<void> => {
    const changes = waiting;
    waiting = [];
    sent = undefined;
    return (log as ChangeLog).tell(changes);
  };

  return {
    async tell(change: StreamChange, takesAway: boolean): Promise<void> {
      const appendedAt = performance.now();
      try {
        if (log === undefined) throw new Error("there is no change log");
        waiting.push(change);
        // All that is appended within this turn of the event loop goes in one message.
        sent ??= new Promise<void>((resolve) => setImmediate(resolve)).then(send);
        await sent;
      } catch (error) {
        if (log !== undefined) onTrouble("the other processes could not be told of a change; they learn of it from the store", error);
        if (takesAway) await new Promise((resolve) => setTimeout(resolve, Math.max(0, waitMs - (performance.now() - appendedAt))));
      }
    },
  };
}

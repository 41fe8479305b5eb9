import { EventStoreUnavailable } from "@grantline/event-store";

/** All that is asked of the server goes through here. */
export interface Gate {
  through<T>(ask: () => Promise<T>): Promise<T>;
}

/** What `pg` says when our own patience has ended; the server's own time limit is shorter and comes with a code. */
const SILENT = /Query read timeout|timeout expired|timeout exceeded when trying to connect/;

/**
 * A server that is paused or cut off says nothing, and each question to it costs seconds (P7). Once one has gone unanswered, a single caller at a
 * time goes on asking, and the others hear at once that the store is away; the first answer of any kind opens the gate again.
 */
export function createGate(): Gate {
  let silent = false;
  let probing = false;
  return {
    through: async (ask) => {
      if (silent && probing) throw new EventStoreUnavailable("the event store does not answer");
      const probe = silent;
      if (probe) probing = true;
      try {
        const answer = await ask();
        silent = false;
        return answer;
      } catch (error) {
        silent = error instanceof Error && SILENT.test(error.message);
        throw error;
      } finally {
        if (probe) probing = false;
      }
    },
  };
}

import { BrokenCircuitError, circuitBreaker, type CircuitBreakerPolicy, ConsecutiveBreaker, handleType } from "cockatiel";
import { LRUCache } from "lru-cache";
import { UpstreamFailure } from "./send.ts";

const FAILURES = 5;
const PAUSE_MS = 10_000;
const SERVERS = 1_000;

/** After some failures in a row a server is left alone for a while, so that calls fail at once instead of piling up. One circuit a server. */
export interface Circuits {
  /** Throws what `work` throws, or UpstreamFailure upstream-circuit-open. */
  through<T>(server: string, work: () => Promise<T>): Promise<T>;
}

export function createCircuits(pauseMs = PAUSE_MS): Circuits {
  const circuits = new LRUCache<string, CircuitBreakerPolicy>({ max: SERVERS });
  const circuitOf = (server: string): CircuitBreakerPolicy => {
    const known = circuits.get(server);
    if (known !== undefined) return known;
    // an address that is refused is our doing, a client that has gone is its own
    const counts = handleType(UpstreamFailure, ({ reason }) => reason !== "upstream-address-refused" && reason !== "client-gone");
    const made = circuitBreaker(counts, { halfOpenAfter: pauseMs, breaker: new ConsecutiveBreaker(FAILURES) });
    circuits.set(server, made);
    return made;
  };
  return {
    async through(server, work) {
      try {
        return await circuitOf(server).execute(work);
      } catch (error) {
        if (error instanceof BrokenCircuitError) throw new UpstreamFailure("upstream-circuit-open", true, error);
        throw error;
      }
    },
  };
}

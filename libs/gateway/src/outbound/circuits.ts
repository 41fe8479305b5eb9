import {
  BrokenCircuitError,
  circuitBreaker,
  type CircuitBreakerPolicy,
  CircuitState,
  ConsecutiveBreaker,
  handleType,
  type IBreaker,
} from "cockatiel";
import { LRUCache } from "lru-cache";
import { UpstreamFailure } from "./send.ts";

const FAILURES = 5;
const PAUSE_MS = 10_000;
const SERVERS = 1_000;
const PEOPLE = 10_000;

export interface CircuitOf {
  readonly server: string;
  /** Who calls. */
  readonly person: string;
}

/**
 * After some failures in a row a server is left alone for a while, so that calls fail at once instead of piling up. A tool that takes too long can be
 * asked for by anybody, so one person's failures leave it alone for that person; for everybody only those of several do, or a server nobody reaches.
 */
export interface Circuits {
  /** Throws what `work` throws, or UpstreamFailure upstream-circuit-open. */
  through<T>(of: CircuitOf, work: () => Promise<T>): Promise<T>;
}

export interface CircuitOptions {
  readonly pauseMs?: number;
  /** Told when a server's circuit, the one for everybody, opens or closes. */
  readonly onState?: (server: string, open: boolean) => void;
}

export function createCircuits({ pauseMs: halfOpenAfter = PAUSE_MS, onState }: CircuitOptions = {}): Circuits {
  const ofServers = new LRUCache<string, ServerCircuit>({ max: SERVERS });
  const ofPeople = new LRUCache<string, CircuitBreakerPolicy>({ max: PEOPLE });
  const ofServer = (server: string): ServerCircuit =>
    remembered(ofServers, server, () => serverCircuit(halfOpenAfter, (open) => onState?.(server, open)));
  const ofPerson = ({ server, person }: CircuitOf): CircuitBreakerPolicy =>
    remembered(ofPeople, `${server} ${person}`, () =>
      circuitBreaker(FAILING, { halfOpenAfter, breaker: new ConsecutiveBreaker(FAILURES) }),
    );
  return {
    async through(of, work) {
      try {
        return await ofPerson(of).execute(() => ofServer(of.server).execute(of.person, work));
      } catch (error) {
        if (error instanceof BrokenCircuitError) throw new UpstreamFailure("upstream-circuit-open", true, error);
        throw error;
      }
    },
  };
}

const FAILING = handleType(UpstreamFailure, ({ reason }) => isFailing(reason));

/** An address that is refused is our doing, a client that has gone is its own. */
function isFailing(reason: UpstreamFailure["reason"]): boolean {
  return reason !== "upstream-address-refused" && reason !== "client-gone";
}

interface ServerCircuit {
  execute<T>(person: string, work: () => Promise<T>): Promise<T>;
}

function serverCircuit(halfOpenAfter: number, onState: (open: boolean) => void): ServerCircuit {
  const breaker = severalPeople();
  const policy = circuitBreaker(FAILING, { halfOpenAfter, breaker });
  policy.onStateChange((state) => {
    if (state !== CircuitState.HalfOpen) onState(state === CircuitState.Open);
  });
  return {
    execute: (person, work) =>
      policy.execute(() =>
        work().catch((error: unknown) => {
          if (error instanceof UpstreamFailure) breaker.note(person, error.reason);
          throw error;
        }),
      ),
  };
}

/** Whose failures there were since the last answer; that no connection came to be is nobody's. */
function severalPeople(): IBreaker & { note(person: string, reason: UpstreamFailure["reason"]): void } {
  const people = new Set<string>();
  let failures = 0;
  let unreached = 0;
  return {
    state: undefined,
    note(person, reason) {
      if (reason === "upstream-unreachable") unreached += 1;
      else if (isFailing(reason) && people.size < FAILURES) people.add(person);
    },
    success() {
      people.clear();
      failures = unreached = 0;
    },
    failure() {
      failures += 1;
      return unreached >= FAILURES || (failures >= FAILURES && people.size > 1);
    },
  };
}

function remembered<T extends object>(all: LRUCache<string, T>, key: string, make: () => T): T {
  const known = all.get(key);
  if (known !== undefined) return known;
  const made = make();
  all.set(key, made);
  return made;
}

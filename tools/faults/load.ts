import { introspecting, issuing, racing, refreshing, registering, revoking, type Acting, type Turn } from "./actors.ts";
import { breathe } from "./exchange.ts";
import { createHistory, failed, type History, type Issued } from "./history.ts";
import type { Seeded } from "./seeded.ts";
import type { Stage } from "./stage.ts";

/** Users at work, in parallel, each with one request on its way at a time. */
export interface Load {
  readonly history: History;
  /** When the last failure so far ended, of the requests that began at or after a moment; both by `performance.now()`. */
  lastFailureMs(since: number): number | undefined;
  /** Ends when all that was on its way has been answered. */
  stop(): Promise<void>;
}

/** Who there is, and how long each rests between two turns, milliseconds. Together some 100 requests a second where nothing fails. */
const USERS: readonly (readonly [(acting: Acting) => Turn, number, number])[] = [
  [issuing, 2, 60],
  [introspecting, 3, 40],
  [revoking, 2, 120],
  // a family remembers its last rotations for late retries, and a request can lie in a paused instance for 30 s
  [refreshing, 6, 4_000],
  [racing, 1, 250],
  [registering, 1, 400],
];

/** `known`: tokens of before, which are asked about too. */
export function startLoad(stage: Stage, random: Seeded, known: readonly Issued[] = []): Load {
  const history = createHistory(known);
  let going = true;
  const live = async (turn: Turn, restMs: number, own: Seeded): Promise<void> => {
    while (going) {
      await turn();
      await breathe(own.between(Math.round(restMs / 2), Math.round(restMs * 1.5)));
    }
  };
  const users = USERS.flatMap(([act, count, restMs]) =>
    Array.from({ length: count }, () => {
      const own = random.fork();
      return live(act({ stage, history, random: own }), restMs, own);
    }),
  );
  return {
    history,
    lastFailureMs: (since) =>
      history.seen
        .filter((one) => one.startMs >= since && failed(one))
        .reduce<number | undefined>((last, { endMs }) => Math.max(last ?? 0, endMs), undefined),
    async stop() {
      going = false;
      await Promise.all(users);
    },
  };
}

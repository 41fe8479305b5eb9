import type { GatewayEvent } from "@grantline/domain/gateway";
import type { CommandMeta } from "@grantline/event-store";
import { createGatewayStream, type Decided, type GatewayStreamOptions } from "./gateway-stream.ts";

export interface JournalOptions extends GatewayStreamOptions {
  /** Told when events could not be recorded yet; they are kept and tried again. */
  readonly onFailure?: (error: unknown) => void;
  /** Most events that wait while the store is away. */
  readonly most?: number;
}

export interface Journal {
  record(event: GatewayEvent, meta: CommandMeta): void;
  /** So much waits for the store that nothing more can be kept: who acts now would act unseen. */
  full(): boolean;
  /** Resolves when all recorded so far is durable; rejects while the store is away. */
  flush(): Promise<void>;
  close(): Promise<void>;
}

const MOST = 20_000;
const GATHER_MS = 100;
const AGAIN_MS = 1_000;

/**
 * Calls do not wait for their events: nothing is issued by a call, and waiting for a disk would be most of what the gateway adds to it. Events go out
 * a tenth of a second later, together. While the store is away they are kept, up to a bound; then calls are refused.
 */
export function createJournal(options: JournalOptions): Journal {
  const { clock, onFailure = () => undefined, most = MOST } = options;
  const stream = createGatewayStream(options);
  const gathered: Decided[] = [];
  let timer: NodeJS.Timeout | undefined;
  let writing: Promise<void> = Promise.resolve();

  const flush = (): Promise<void> => {
    writing = writing.catch(() => undefined).then(() => stream.append(gathered.splice(0)));
    return writing;
  };
  const soon = (ms: number): void => {
    timer ??= setTimeout(() => {
      timer = undefined;
      flush().catch((error: unknown) => {
        onFailure(error);
        soon(AGAIN_MS);
      });
    }, ms).unref();
  };
  return {
    record(event, meta) {
      gathered.push({ event, meta, atMs: clock.now() * 1_000 });
      soon(GATHER_MS);
    },
    full: () => gathered.length + stream.backlog() >= most,
    flush,
    async close() {
      clearTimeout(timer);
      await flush();
    },
  };
}

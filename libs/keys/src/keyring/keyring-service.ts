import type { KeyringCommand, KeyringOutcome, KeyringState, SigningAlg, SigningKey } from "@grantline/domain/keyring";
import type { CommandMeta, StreamRepository } from "@grantline/event-store";
import type { SigningKeyVault, TokenSigner } from "../port.ts";
import { EMPTY_SNAPSHOT, takeSnapshot } from "./key-snapshot.ts";
import { createKeyringChanges } from "./keyring-changes.ts";
import type { KeySchedule } from "./schedule.ts";
import { createTokenSigner } from "./token-signer.ts";

export interface KeyringServiceOptions {
  readonly vault: SigningKeyVault;
  readonly keyring: StreamRepository<KeyringState, KeyringCommand, KeyringOutcome>;
  readonly clock: { now(): number };
  readonly region: string;
  /** Algorithms to keep a key for; the first is the default one. */
  readonly algs: readonly SigningAlg[];
  readonly schedule: KeySchedule;
  readonly random: { hex(bytes: number): string };
  /** Hears of failures of work nobody waits for; default a process warning. */
  readonly onError?: (error: unknown) => void;
}

export interface KeyringService {
  readonly signer: TokenSigner;
  /** Loads the keyring, makes what is missing (first start: one active key per algorithm), then ticks each minute. */
  start(): Promise<void>;
  /** Does what is due. Any number of processes may tick at once. */
  tick(): Promise<void>;
  /** A new key signs from now on; the former one stays published for what it has signed. */
  rotate(alg: SigningAlg, meta?: CommandMeta): Promise<{ readonly kid: string }>;
  /** Out of the JWKS at once, all it signed is dead; if it was signing, a new key does. False when there is no such key. */
  compromise(kid: string, reason: string, meta?: CommandMeta): Promise<boolean>;
  list(): readonly SigningKey[];
  /** Reads the keyring anew; followers call it for each event of the stream. */
  refresh(): Promise<void>;
  stop(): Promise<void>;
}

const TICK_EVERY_MS = 60_000;

/** Follows the stream `keyring-{region}` and keeps its keys on schedule. */
export function createKeyringService(options: KeyringServiceOptions): KeyringService {
  const { vault, keyring, clock, region, algs, random, onError = warn } = options;
  let snapshot = EMPTY_SNAPSHOT;
  let timer: NodeJS.Timeout | undefined;
  let queue: Promise<unknown> = Promise.resolve();
  let lastUnknown = 0;

  const refresh = async (): Promise<KeyringState> => {
    const { state, revision } = await keyring.load(region, { fresh: true });
    const taken = await takeSnapshot(state, revision, vault, snapshot);
    // Two readers may overtake one another; the keyring never goes back.
    if (taken.revision >= snapshot.revision) snapshot = taken;
    return state;
  };
  /** A storm of tokens with made-up key ids costs one read a second, no more. */
  const onUnknownKey = (): void => {
    const now = clock.now();
    if (now === lastUnknown) return;
    lastUnknown = now;
    refresh().catch(onError);
  };
  /** The cache of streams is exact across processes, so the keyring's place in it tells whether anything has happened to a key. */
  const current = (): Promise<void> | undefined => {
    const known = keyring.loadCached(region);
    return known !== undefined && known.revision <= snapshot.revision ? undefined : refresh().then(() => undefined);
  };
  /** One change at a time within this process. A failure is its caller's to hear, not the next one's. */
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const turn = queue.then(work);
    queue = turn.catch(() => undefined);
    return turn;
  };
  const changes = createKeyringChanges({ ...options, refresh });
  const systemMeta = (): CommandMeta => ({ correlationId: random.hex(16), actor: { kind: "system", id: "keyring" } });
  const tick = (): Promise<void> => inTurn(() => changes.tick(systemMeta()));

  return {
    signer: createTokenSigner({ snapshot: () => snapshot, algs, clock, onUnknownKey, current }),
    async start() {
      await tick();
      timer = setInterval(() => void tick().catch(onError), TICK_EVERY_MS).unref();
    },
    tick,
    rotate: (alg, meta = systemMeta()) => inTurn(() => changes.rotate(alg, meta)),
    compromise: (kid, reason, meta = systemMeta()) => inTurn(() => changes.compromise(kid, reason, meta)),
    list: () => snapshot.keys,
    refresh: async () => void (await refresh()),
    async stop() {
      clearInterval(timer);
      await queue;
    },
  };
}

function warn(error: unknown): void {
  process.emitWarning(error instanceof Error ? error : String(error), "KeyringWarning");
}

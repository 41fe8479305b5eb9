import type { KeyringCommand, KeyringOutcome, KeyringState, SigningAlg, SigningKey } from "@grantline/domain/keyring";
import type { CommandMeta, StreamRepository } from "@grantline/event-store";
import type { SigningKeyVault, TokenSigner } from "../port.ts";
import { EMPTY_SNAPSHOT, findPrivateKey, takeSnapshot } from "./key-snapshot.ts";
import type { KeySchedule, Step } from "./schedule.ts";
import { nextStep, successorOf } from "./schedule.ts";
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
/** More steps than a keyring of three algorithms can ever be behind. */
const MAX_STEPS = 64;

/** Follows the stream `keyring-{region}` and keeps its keys on schedule. */
export function createKeyringService(options: KeyringServiceOptions): KeyringService {
  const { vault, keyring, clock, region, algs, schedule, random, onError = warn } = options;
  let snapshot = EMPTY_SNAPSHOT;
  let timer: NodeJS.Timeout | undefined;
  let queue: Promise<unknown> = Promise.resolve();
  let lastUnknown = 0;
  /** Private parts known to be gone for good. */
  const gone = new Set<string>();

  const signer = createTokenSigner({ snapshot: () => snapshot, algs, clock, onUnknownKey: lookAgain });
  /** One change at a time within this process; between processes the expected revision decides. */
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const turn = queue.then(work);
    queue = turn.catch(() => undefined);
    return turn;
  };

  return {
    signer,
    async start() {
      await inTurn(tick);
      timer = setInterval(() => void inTurn(tick).catch(onError), TICK_EVERY_MS).unref();
    },
    tick: () => inTurn(tick),
    rotate: (alg, meta) => inTurn(() => rotate(alg, meta ?? systemMeta())),
    compromise: (kid, reason, meta) => inTurn(() => compromise(kid, reason, meta ?? systemMeta())),
    list: () => snapshot.keys,
    refresh: async () => void (await refresh()),
    async stop() {
      clearInterval(timer);
      await queue;
    },
  };

  function systemMeta(): CommandMeta {
    return { correlationId: random.hex(16), actor: { kind: "system", id: "keyring" } };
  }

  async function refresh(): Promise<KeyringState> {
    const { state, revision } = await keyring.load(region, { fresh: true });
    const taken = await takeSnapshot(state, revision, vault, snapshot);
    // Two readers may overtake one another; the keyring never goes back.
    if (taken.revision >= snapshot.revision) snapshot = taken;
    return state;
  }

  /** A storm of tokens with made-up key ids costs one read a second, no more. */
  function lookAgain(): void {
    const now = clock.now();
    if (now === lastUnknown) return;
    lastUnknown = now;
    refresh().catch(onError);
  }

  async function tick(): Promise<void> {
    const meta = systemMeta();
    for (let count = 0; count < MAX_STEPS; count += 1) {
      const state = await refresh();
      const usable = await usableKeys(state);
      const step = nextStep(state, { algs, schedule, now: clock.now(), usable });
      if (!step) return destroyUnneeded(state);
      await perform(step, meta);
    }
    throw new Error("the keyring does not come to rest: more steps were due than there can be");
  }

  async function usableKeys(state: KeyringState): Promise<(kid: string) => boolean> {
    const wanted = Object.values(state.keys).filter((key) => key.status === "created" || key.status === "published" || key.status === "active");
    const found = await Promise.all(wanted.map(async ({ kid }) => ((await findPrivateKey(vault, kid)) ? kid : undefined)));
    return (kid) => found.includes(kid);
  }

  async function perform(step: Step, meta: CommandMeta): Promise<void> {
    if (step.kind === "make") return void (await make(step.alg, meta, "unless-one-waits"));
    const now = clock.now();
    const command: KeyringCommand = step.kind === "activate" ? { kind: "activate", now, kid: step.kid, previousRemoveAfter: now + schedule.retireFor } : { kind: step.kind, now, kid: step.kid };
    await execute(command, meta);
  }

  /** Makes a key pair and records it. RSA takes a while, so another process may have been faster: then its key will do. */
  async function make(alg: SigningAlg, meta: CommandMeta, mode: "unless-one-waits" | "always"): Promise<string> {
    const { kid, publicJwk } = await vault.create(alg);
    if (mode === "unless-one-waits") {
      const state = await refresh();
      const waiting = successorOf(alg, state, await usableKeys(state));
      if (waiting) {
        await vault.destroy(kid);
        return waiting.kid;
      }
    }
    await execute({ kind: "create", now: clock.now(), kid, alg, publicJwk }, meta);
    return kid;
  }

  async function rotate(alg: SigningAlg, meta: CommandMeta): Promise<{ readonly kid: string }> {
    const kid = await make(alg, meta, "always");
    await perform({ kind: "publish", kid }, meta);
    await perform({ kind: "activate", kid }, meta);
    await destroyUnneeded(await refresh());
    return { kid };
  }

  async function compromise(kid: string, reason: string, meta: CommandMeta): Promise<boolean> {
    await refresh();
    const key = snapshot.keys.find((one) => one.kid === kid);
    if (!key) return false;
    try {
      // The new key signs before the old one is struck out, so that no request in between is without one.
      if (key.status === "active") await rotate(key.alg, meta);
    } finally {
      // Whatever became of the new key, the old one must go.
      await execute({ kind: "compromise", now: clock.now(), kid, reason }, meta);
      await destroyUnneeded(await refresh());
    }
    return true;
  }

  async function execute(command: KeyringCommand, meta: CommandMeta): Promise<void> {
    const { outcome } = await keyring.execute(region, command, meta);
    // A process that was faster has done it, or the key was compromised meanwhile: the next look at the state tells.
    if (outcome.kind === "refused" && outcome.reason !== "key-compromised" && outcome.reason !== "key-not-published") {
      throw new Error(`the keyring refused to ${command.kind} key ${command.kid}: ${outcome.reason}`);
    }
  }

  /** A private key that signs no more is only a danger. Processes that have not heard yet hold it in memory. */
  async function destroyUnneeded(state: KeyringState): Promise<void> {
    const over = Object.values(state.keys).filter(({ kid, status }) => (status === "retired" || status === "removed" || status === "compromised") && !gone.has(kid));
    for (const { kid } of over) {
      if (await findPrivateKey(vault, kid)) await vault.destroy(kid);
      gone.add(kid);
    }
  }
}

function warn(error: unknown): void {
  process.emitWarning(error instanceof Error ? error : String(error), "KeyringWarning");
}

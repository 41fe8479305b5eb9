import type { KeyringCommand, KeyringState, SigningAlg } from "@grantline/domain/keyring";
import type { CommandMeta } from "@grantline/event-store";
import type { KeyringServiceOptions } from "./keyring-service.ts";
import { createPrivateParts } from "./private-parts.ts";
import { nextStep, type Step } from "./schedule.ts";

type Parts = Pick<KeyringServiceOptions, "vault" | "keyring" | "clock" | "region" | "algs" | "schedule"> & {
  /** Reads the keyring anew, for the signer too. */
  readonly refresh: () => Promise<KeyringState>;
};

export interface KeyringChanges {
  tick(meta: CommandMeta): Promise<void>;
  rotate(alg: SigningAlg, meta: CommandMeta): Promise<{ readonly kid: string }>;
  compromise(kid: string, reason: string, meta: CommandMeta): Promise<boolean>;
}

/** More steps than a keyring of three algorithms can ever be behind. */
const MAX_STEPS = 64;

/** Everything that changes the keyring. One call at a time; against other processes the expected revision decides. */
export function createKeyringChanges({ vault, keyring, clock, region, algs, schedule, refresh }: Parts): KeyringChanges {
  const { usableKeys, destroyUnneeded } = createPrivateParts(vault);
  return { tick, rotate, compromise };

  async function tick(meta: CommandMeta): Promise<void> {
    for (let count = 0; count < MAX_STEPS; count += 1) {
      const step = await due();
      if (!step) return destroyUnneeded(await refresh());
      await perform(step, meta);
    }
    throw new Error("the keyring does not come to rest: more steps were due than there can be");
  }

  async function due(): Promise<Step | undefined> {
    const state = await refresh();
    return nextStep(state, { algs, schedule, now: clock.now(), usable: await usableKeys(state) });
  }

  async function rotate(alg: SigningAlg, meta: CommandMeta): Promise<{ readonly kid: string }> {
    const kid = await make(alg, meta);
    await perform({ kind: "publish", kid }, meta);
    await perform({ kind: "activate", kid }, meta);
    await destroyUnneeded(await refresh());
    return { kid };
  }

  async function compromise(kid: string, reason: string, meta: CommandMeta): Promise<boolean> {
    const { keys } = await refresh();
    const key = Object.hasOwn(keys, kid) ? keys[kid] : undefined;
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

  async function perform(step: Step, meta: CommandMeta): Promise<void> {
    const now = clock.now();
    if (step.kind === "make") await makeIfStillDue(step.alg, meta);
    else if (step.kind === "activate")
      await execute({ kind: "activate", now, kid: step.kid, previousRemoveAfter: now + schedule.retireFor }, meta);
    else await execute({ kind: step.kind, now, kid: step.kid }, meta);
  }

  async function make(alg: SigningAlg, meta: CommandMeta): Promise<string> {
    const { kid, publicJwk } = await vault.create(alg);
    await execute({ kind: "create", now: clock.now(), kid, alg, publicJwk }, meta);
    return kid;
  }

  /** Making an RSA key takes a while, and another process may have been faster: then ours is not needed. */
  async function makeIfStillDue(alg: SigningAlg, meta: CommandMeta): Promise<void> {
    const { kid, publicJwk } = await vault.create(alg);
    const now = await due();
    if (now?.kind !== "make" || now.alg !== alg) return vault.destroy(kid);
    await execute({ kind: "create", now: clock.now(), kid, alg, publicJwk }, meta);
  }

  async function execute(command: KeyringCommand, meta: CommandMeta): Promise<void> {
    const { outcome } = await keyring.execute(region, command, meta);
    // A process that was faster has done it, or the key was compromised meanwhile: the next look at the state tells.
    if (outcome.kind === "refused" && outcome.reason !== "key-compromised" && outcome.reason !== "key-not-published") {
      throw new Error(`the keyring refused to ${command.kind} key ${command.kid}: ${outcome.reason}`);
    }
  }
}

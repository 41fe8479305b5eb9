import type { DeviceRequest } from "@grantline/domain/device";
import type { OAuthContext } from "../context/index.ts";
import { makeUserCode, userCodeKey } from "./user-code.ts";

/** A device that waits for its person. Kept sealed in the ephemeral store, and nowhere else: what nobody answers leaves no trace (P13). */
export interface PendingDevice {
  /** The stream `device-{id}` it ends in; the id of its grant derives from it. */
  readonly id: string;
  readonly request: DeviceRequest;
  readonly userCode: string;
  /** Where the device asked from, for the person who decides. */
  readonly network: string | undefined;
  readonly askedAt: number;
}

type Store = Pick<OAuthContext, "ephemeral" | "seals">;

const TRIES = 5;
const pendingKey = (id: string): string => `device:${id}`;

/** Keeps it until its end and answers its user code. Throws when the ephemeral store can't be reached. */
export async function keepPending(
  context: Store & Pick<OAuthContext, "random">,
  pending: Omit<PendingDevice, "userCode">,
): Promise<PendingDevice> {
  const { expiresAt } = pending.request;
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const userCode = makeUserCode(context.random);
    const { swapped } = await context.ephemeral.swap(userCodeKey(userCode), undefined, pending.id, expiresAt);
    // Another device has this very code: draw again
    if (!swapped) continue;
    const kept = { ...pending, userCode };
    await context.ephemeral.put(pendingKey(pending.id), context.seals.seal("device", kept), expiresAt);
    return kept;
  }
  throw new Error("no free user code: the ephemeral store answers that every one is taken");
}

/** Undefined: unknown, over, or lost with the ephemeral store; the device starts again in each case. */
export async function findPending(context: Store, id: string): Promise<PendingDevice | undefined> {
  const sealed = await context.ephemeral.get(pendingKey(id));
  const pending = sealed === undefined ? undefined : context.seals.open<PendingDevice>("device", sealed);
  return pending?.id === id ? pending : undefined;
}

export async function findByUserCode(context: Store, userCode: string): Promise<PendingDevice | undefined> {
  const id = await context.ephemeral.get(userCodeKey(userCode));
  return id === undefined ? undefined : findPending(context, id);
}

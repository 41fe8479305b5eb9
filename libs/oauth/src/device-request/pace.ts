import { EventStoreUnavailable } from "@grantline/event-store";
import type { OAuthContext } from "../context/index.ts";

/** RFC 8628 §3.2: seconds between two polls. */
export const INTERVAL = 5;

interface Pace {
  /** Epoch seconds from which the next poll may come. */
  readonly next: number;
  readonly slowDowns: number;
}

type Parts = Pick<OAuthContext, "ephemeral" | "clock">;

const paceKey = (id: string): string => `device-pace:${id}`;

/**
 * Is this poll in time? RFC 8628 §3.5: one that is too early makes the interval 5 seconds longer, for all that follow. A store that can't be
 * reached lets everybody pass: how fast a device polls decides nothing about what it may have.
 */
export async function inTime(context: Parts, id: string, expiresAt: number): Promise<boolean> {
  try {
    const now = context.clock.now();
    const before = await context.ephemeral.get(paceKey(id));
    const { next, slowDowns } = before === undefined ? { next: 0, slowDowns: 0 } : readPace(before);
    const early = now < next;
    const pace: Pace = early ? { next: next + INTERVAL, slowDowns: slowDowns + 1 } : { next: now + INTERVAL * (slowDowns + 1), slowDowns };
    const { swapped } = await context.ephemeral.swap(paceKey(id), before, JSON.stringify(pace), expiresAt);
    // Somebody polled with the same code this very moment: one of the two is too many
    return swapped && !early;
  } catch (error) {
    if (error instanceof EventStoreUnavailable) return true;
    throw error;
  }
}

/** How often it was told to slow down; 0 while nobody can say. */
export async function slowDownsOf(context: Parts, id: string): Promise<number> {
  const known = await context.ephemeral.get(paceKey(id)).catch((error: unknown) => {
    if (error instanceof EventStoreUnavailable) return undefined;
    throw error;
  });
  return known === undefined ? 0 : readPace(known).slowDowns;
}

function readPace(text: string): Pace {
  return JSON.parse(text) as Pace;
}

import type { FlagSetting } from "./types.ts";

/** Whom and what a flag is asked about. */
export interface FlagAbout {
  /** Subject id: a percentage is one of subjects, and stays with them. */
  readonly subject?: string | undefined;
  /** client_id. Stands in for the subject where there is none. */
  readonly client?: string | undefined;
  /** Upstream provider. */
  readonly provider?: string | undefined;
}

export type FlagReason = "killed" | "client" | "provider" | "rollout" | "everybody";
export interface FlagVerdict {
  readonly on: boolean;
  readonly reason: FlagReason;
}

/**
 * Is the flag on? The kill switch first, then the client by name, then the percentage: that of the provider where it has one of its own. `bucketOf` places a
 * subject somewhere in [0, 100), always at the same place of one flag, so whoever has it keeps it while the percentage grows.
 */
export function evaluateFlag(setting: FlagSetting, about: FlagAbout, bucketOf: (unit: string) => number): FlagVerdict {
  const { enabled, rollout, providers, clients } = setting;
  if (!enabled) return { on: false, reason: "killed" };
  const { subject, client, provider } = about;
  if (client !== undefined && clients.off.includes(client)) return { on: false, reason: "client" };
  const ofProvider = provider !== undefined && Object.hasOwn(providers, provider) ? providers[provider] : undefined;
  // a provider that is switched off is so for favoured clients too: it is a kill switch of its own
  if (ofProvider === 0) return { on: false, reason: "provider" };
  if (client !== undefined && clients.on.includes(client)) return { on: true, reason: "client" };
  return share(ofProvider ?? rollout, subject ?? client, bucketOf, ofProvider === undefined ? "rollout" : "provider");
}

/** Nobody in particular is not among some: only a full percentage is on for a question without a subject. */
function share(percent: number, unit: string | undefined, bucketOf: (unit: string) => number, reason: "rollout" | "provider"): FlagVerdict {
  if (percent >= 100) return { on: true, reason: reason === "provider" ? reason : "everybody" };
  return { on: percent > 0 && unit !== undefined && bucketOf(unit) < percent, reason };
}

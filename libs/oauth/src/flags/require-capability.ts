import { KNOWN_FLAGS, type FlagAbout, type FlagName } from "@grantline/domain/flag";
import type { FeatureFlags } from "../context/index.ts";
import { OAuthError } from "../errors/index.ts";

/** Seconds: a kill switch is seldom back sooner. */
const RETRY_AFTER = "60";

/** Throws OAuthError where an operator has switched a capability off: 503 where it is off for all, 403 where it is off for who asks. */
export function requireCapability(flags: FeatureFlags, flag: FlagName, about?: FlagAbout): void {
  const { on, reason } = flags.evaluate(flag, about);
  if (on) return;
  const description = capabilityOff(flag);
  if (reason === "client" || reason === "rollout")
    throw new OAuthError("access_denied", "capability-off", `${description} It is off for you.`);
  throw new OAuthError("temporarily_unavailable", "capability-off", description, { headers: { "retry-after": RETRY_AFTER } });
}

/** What to tell who meets a switch: which one, so that the operator knows what they are asked about. */
export function capabilityOff(flag: FlagName): string {
  return `An operator has switched this off (${flag}): ${KNOWN_FLAGS[flag].about}`;
}

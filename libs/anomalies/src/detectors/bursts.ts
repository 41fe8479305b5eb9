import type { AnomalyKind, Severity } from "@grantline/domain/finding";
import { NOTHING, type Detector, type Found } from "../detector.ts";
import type { Memory } from "../memory.ts";
import type { Observation } from "../observation.ts";
import { count, newRate, type Rate, type RateLimits } from "./rate.ts";

interface Counted {
  /** What is counted together. */
  readonly key: string;
  readonly times: number;
  readonly target: Found["target"];
  readonly limits: RateLimits;
}

/** Detectors that compare how much comes with what is usual. */
function burstDetector(
  kind: AnomalyKind,
  most: number,
  severity: Severity,
  countedIn: (seen: Observation) => readonly Counted[],
): Detector<Rate> {
  return {
    kind,
    most,
    observe(memory, seen) {
      const counted = countedIn(seen);
      return counted.length === 0 ? NOTHING : counted.flatMap((one) => unusual(memory, seen, one, kind, severity));
    },
  };
}

function unusual(
  memory: Memory<Rate>,
  seen: Observation,
  { key, times, target, limits }: Counted,
  kind: AnomalyKind,
  severity: Severity,
): readonly Found[] {
  const rate = memory.get(key) ?? newRate(seen.at, limits);
  const report = count(rate, seen, times, limits);
  memory.set(key, rate);
  if (!report) return NOTHING;
  const { window, evidence, since } = rate;
  return [{ kind, severity, key: `${key}@${window}`, target, evidence, count: rate.count, since, until: seen.at }];
}

const MINUTE = 60;
const A_MINUTE: RateLimits = {
  width: MINUTE,
  floor: 30,
  times: 5,
  deviations: 8,
  peaks: 2,
  learn: 60,
  memory: 120,
  peakHalfLife: 7 * 1_440,
  getsUsed: true,
  quiet: 30,
};
const TEN_MINUTES: RateLimits = {
  width: 10 * MINUTE,
  floor: 20,
  times: 6,
  deviations: 8,
  peaks: 2,
  learn: 6,
  memory: 36,
  peakHalfLife: 7 * 144,
  getsUsed: false,
  quiet: 6,
};
const FIVE_MINUTES: RateLimits = {
  width: 5 * MINUTE,
  floor: 30,
  times: 6,
  deviations: 8,
  peaks: 2,
  learn: 0,
  memory: 72,
  peakHalfLife: 7 * 288,
  getsUsed: false,
  quiet: 12,
};

const ISSUING = new Set(["AccessTokenIssued", "CodeRedeemed", "RefreshTokenRotated"]);

/** Far more tokens for one client in a minute than is usual for it. */
export const burst = burstDetector("burst", 5_000, "medium", ({ type, clientId }) =>
  clientId !== undefined && ISSUING.has(type) ? [{ key: clientId, times: 1, target: { clientId }, limits: A_MINUTE }] : [],
);

/** Far more clients that register themselves than is usual. */
export const registrationFlood = burstDetector("registration-flood", 1, "medium", ({ type, data }) =>
  type === "ClientRegistered" && data["how"] === "dcr" ? [{ key: "dcr", times: 1, target: {}, limits: TEN_MINUTES }] : [],
);

const ALL_TOGETHER: RateLimits = { ...FIVE_MINUTES, floor: 80, learn: 12 };

/**
 * Guessing: many failures from one network, or very many altogether. No client is the target, though one may be named: anybody can fail in anybody's name, and a
 * response against the client would let a stranger suspend it.
 */
export const authenticationFailures = burstDetector(
  "client-authentication-failures",
  10_000,
  "medium",
  ({ type, data, network, clientId }) => {
    if (type !== "ClientAuthenticationFailed") return [];
    const times = Number(data["count"] ?? 1);
    return [
      { key: "all", times, target: {}, limits: ALL_TOGETHER },
      ...(network === undefined ? [] : [{ key: `network:${network}`, times, target: {}, limits: FIVE_MINUTES }]),
      ...(clientId === undefined ? [] : [{ key: `client:${clientId}`, times, target: {}, limits: FIVE_MINUTES }]),
    ];
  },
);

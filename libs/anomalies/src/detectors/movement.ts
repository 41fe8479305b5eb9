import type { Evidence } from "@grantline/domain/finding";
import { evidenceOf, NOTHING, targetOf, type Detector } from "../detector.ts";

interface Visit {
  readonly at: number;
  readonly network: string;
  readonly evidence: Evidence;
}
interface Visits {
  last: readonly Visit[];
  reportedAt: number;
}

const WITHIN = 600;
const QUIET = 3_600;

/**
 * Impossible movement, as far as it can be known without a map of addresses: a person in two networks at once. There and back again within minutes (A, B, A) means
 * that both are in use; there alone (A, B) is somebody leaving the house. How far two networks lie apart nobody here knows, so one way between two continents
 * in a minute is not found.
 */
export const movement: Detector<Visits> = {
  kind: "movement",
  most: 20_000,
  observe(memory, seen) {
    const { subject, network, at } = seen;
    if (seen.type !== "GrantAuthorized" || seen.from !== "person" || subject === undefined || network === undefined) return NOTHING;
    const known = memory.get(subject) ?? { last: [], reportedAt: 0 };
    const recent = known.last.filter((visit) => at - visit.at <= WITHIN);
    const last = [...recent.slice(-7), { at, network, evidence: evidenceOf(seen) }];
    const away = recent.findLastIndex((visit) => visit.network !== network);
    const before = recent.findLastIndex((visit, index) => index < away && visit.network === network);
    const found = away >= 0 && before >= 0 && at - known.reportedAt >= QUIET;
    memory.set(subject, { last, reportedAt: found ? at : known.reportedAt });
    if (!found) return NOTHING;
    const visits = [recent[before], recent[away]].filter((visit) => visit !== undefined);
    return [
      {
        kind: "movement",
        severity: "medium",
        key: `${subject}@${seen.id}`,
        target: targetOf(seen),
        evidence: [...visits.map(({ evidence }) => evidence), evidenceOf(seen)],
        count: 3,
        since: visits[0]?.at ?? at,
        until: at,
      },
    ];
  },
  isOf: (subject, key) => key === subject,
};

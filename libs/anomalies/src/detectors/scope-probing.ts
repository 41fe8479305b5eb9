import type { Evidence } from "@grantline/domain/finding";
import { NOTHING, withEvidence, type Detector } from "../detector.ts";
import type { Observation } from "../observation.ts";

interface Tries {
  since: number;
  count: number;
  /** Different things that were tried, at most `MOST_DIFFERENT`. */
  different: readonly string[];
  evidence: readonly Evidence[];
  reportedAt: number;
}

const WINDOW = 600;
const QUIET = 3_600;
const MOST_DIFFERENT = 16;
/** A client that is set up wrongly makes the same mistake again and again; who looks for a way in tries different ones. */
const ENOUGH_DIFFERENT = 3;
const ENOUGH_OF_THEM = 8;
const ENOUGH_ALIKE = 40;

/** Refusals that somebody meets who wants more than is his. */
const REASONS = new Set([
  "scope-unknown",
  "scope-malformed",
  "scope-not-allowed",
  "scope-widened",
  "resource-unknown",
  "resource-not-allowed",
  "resource-not-granted",
  "policy-denied",
  "bearer-scope",
  "access-denied",
  "grant-type-not-allowed",
  "introspection-not-allowed",
]);

/** One client or network that tries scopes, resources or tools it does not get, one after the other. */
export const scopeProbing: Detector<Tries> = {
  kind: "scope-probing",
  most: 10_000,
  observe(memory, seen) {
    const tried = triedBy(seen);
    if (tried === undefined) return NOTHING;
    const known = memory.get(tried.key);
    const tries = known === undefined || seen.at - known.since >= WINDOW ? begin(seen, known) : known;
    tries.count += tried.times;
    tries.evidence = withEvidence(tries.evidence, seen);
    if (!tries.different.includes(tried.what) && tries.different.length < MOST_DIFFERENT)
      tries.different = [...tries.different, tried.what];
    memory.set(tried.key, tries);
    if (!enough(tries) || seen.at - tries.reportedAt < QUIET) return NOTHING;
    tries.reportedAt = seen.at;
    const { count, since, evidence } = tries;
    const target =
      seen.clientId === undefined ? {} : { clientId: seen.clientId, ...(seen.subject === undefined ? {} : { subject: seen.subject }) };
    return [{ kind: "scope-probing", severity: "medium", key: `${tried.key}@${since}`, target, evidence, count, since, until: seen.at }];
  },
  // a client may be an URL, with slashes of its own
  isOf: (subject, key) => key.includes("/") && key.slice(key.lastIndexOf("/") + 1) === subject,
};

function begin({ at }: Observation, known: Tries | undefined): Tries {
  return { since: at, count: 0, different: [], evidence: [], reportedAt: known?.reportedAt ?? 0 };
}

function enough({ different, count }: Tries): boolean {
  return (different.length >= ENOUGH_DIFFERENT && count >= ENOUGH_OF_THEM) || count >= ENOUGH_ALIKE;
}

function triedBy({ type, data, clientId, network, subject }: Observation) {
  const key = clientId === undefined ? network : `${clientId}/${subject ?? ""}`;
  if (key === undefined) return undefined;
  if (type === "ToolCallDecided" && data["decision"] === "refused") return { key, what: `tool ${String(data["tool"])}`, times: 1 };
  if (type !== "RequestRefused" || !REASONS.has(String(data["reason"]))) return undefined;
  return { key, what: `${String(data["reason"])} ${String(data["endpoint"])}`, times: Number(data["count"] ?? 1) };
}

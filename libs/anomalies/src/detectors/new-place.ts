import type { Memory } from "../memory.ts";
import type { Observation } from "../observation.ts";
import { evidenceOf, NOTHING, targetOf, type Detector, type Found } from "../detector.ts";

interface Places {
  networks: readonly string[];
  agents: readonly string[];
  /** Times seen. */
  seen: number;
  /** Whose grant it is. */
  subject?: string;
}

const MOST_PLACES = 16;
/** Before that everything is new. */
const ENOUGH_SEEN = 5;

/**
 * A person who authorizes from a network or with a browser never seen of them; a grant refreshed on another network and by another program than the one that got
 * it. Both new at once is what a thief looks like; one alone is a journey or an update, and of a grant nothing at all: clients in a cloud change their addresses.
 */
export const newPlace: Detector<Places> = {
  kind: "new-place",
  most: 20_000,
  observe(memory, seen) {
    if (seen.network === undefined) return NOTHING;
    if (seen.from === "person" && seen.subject !== undefined && seen.type === "GrantAuthorized")
      return ofPerson(memory, seen, seen.subject);
    if (seen.from === "client" && seen.grantId !== undefined) return ofGrant(memory, seen, seen.grantId);
    return NOTHING;
  },
  isOf: (subject, key, places) => key === `subject:${subject}` || places.subject === subject,
};

function ofPerson(memory: Memory<Places>, seen: Observation, subject: string): readonly Found[] {
  const key = `subject:${subject}`;
  const known = memory.get(key) ?? { networks: [], agents: [], seen: 0 };
  const isNew = {
    network: !known.networks.includes(seen.network as string),
    agent: seen.agent !== undefined && !known.agents.includes(seen.agent),
  };
  memory.set(key, { networks: latest(known.networks, seen.network), agents: latest(known.agents, seen.agent), seen: known.seen + 1 });
  if (known.seen < ENOUGH_SEEN || (!isNew.network && !isNew.agent)) return NOTHING;
  return [found(seen, isNew.network && isNew.agent ? "medium" : "low")];
}

function ofGrant(memory: Memory<Places>, seen: Observation, grantId: string): readonly Found[] {
  const key = `grant:${grantId}`;
  if (seen.type === "GrantRevoked" || seen.type === "GrantExpired") {
    memory.delete(key);
    return NOTHING;
  }
  if (seen.type !== "CodeRedeemed" && seen.type !== "RefreshTokenRotated") return NOTHING;
  const known = memory.get(key);
  memory.set(key, {
    networks: latest(known?.networks ?? [], seen.network),
    agents: latest(known?.agents ?? [], seen.agent),
    seen: (known?.seen ?? 0) + 1,
    ...(seen.subject === undefined ? {} : { subject: seen.subject }),
  });
  if (known === undefined || seen.agent === undefined) return NOTHING;
  const both = !known.networks.includes(seen.network as string) && !known.agents.includes(seen.agent);
  return both ? [found(seen, "medium")] : NOTHING;
}

function found(seen: Observation, severity: "low" | "medium"): Found {
  return {
    kind: "new-place",
    severity,
    key: seen.id,
    target: targetOf(seen),
    evidence: [evidenceOf(seen)],
    count: 1,
    since: seen.at,
    until: seen.at,
  };
}

/** The one just seen last; the longest unseen goes. */
function latest(places: readonly string[], place: string | undefined): readonly string[] {
  return place === undefined ? places : [...places.filter((each) => each !== place), place].slice(-MOST_PLACES);
}

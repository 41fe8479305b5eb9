import { evidenceOf, NOTHING, targetOf, type Detector } from "../detector.ts";

/** P3: the decider noticed it already and ended the family; here it becomes a finding, so that more can be done and people are told. */
export const refreshReuse: Detector = theft("refresh-reuse", "RefreshReuseDetected");
export const codeReplay: Detector = theft("code-replay", "CodeReplayDetected");

function theft(kind: "refresh-reuse" | "code-replay", type: string): Detector {
  return {
    kind,
    most: 1,
    observe(_memory, seen) {
      if (seen.type !== type) return NOTHING;
      // one grant may be attacked again and again; it is one finding
      const key = seen.grantId ?? seen.id;
      return [
        { kind, severity: "high", key, target: targetOf(seen), evidence: [evidenceOf(seen)], count: 1, since: seen.at, until: seen.at },
      ];
    },
  };
}

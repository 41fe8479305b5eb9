import type { Decision } from "../kernel/index.ts";
import { exhausted } from "../kernel/index.ts";
import type { SubjectCommand, SubjectEvent, SubjectOutcome, SubjectState } from "./types.ts";

type Of<K extends SubjectCommand["kind"]> = Extract<SubjectCommand, { kind: K }>;
type Decided = Decision<SubjectEvent, SubjectOutcome>;
type LiveSubject = Extract<SubjectState, { status: "active" | "disabled" }>;

const UNCHANGED: Decided = { events: [], outcome: { kind: "unchanged" } };

/** What a command leads to on a subject. Pure. */
export function decideSubject(command: SubjectCommand, state: SubjectState): Decided {
  if (state.status === "erased") return command.kind === "erase" ? UNCHANGED : refuse("subject-erased");
  if (command.kind === "see") return see(command, state);
  if (state.status === "none") return refuse("subject-unknown");
  return decideLive(command, state);
}

function refuse(reason: Extract<SubjectOutcome, { kind: "refused" }>["reason"]): Decided {
  return { events: [], outcome: { kind: "refused", reason } };
}

function done(generation: number, ...events: readonly SubjectEvent[]): Decided {
  return { events, outcome: { kind: "done", generation } };
}

function see({ subject, claims, groups, changed }: Of<"see">, state: Exclude<SubjectState, { status: "erased" }>): Decided {
  if (state.status === "disabled") return refuse("subject-disabled");
  // P13: sealing makes the same claims look new each time, so only the caller can tell, and a login as such is no event
  if (state.status === "active" && !changed) return UNCHANGED;
  return done(state.status === "active" ? state.generation : 0, { type: "SubjectSeen", data: { subject, claims, groups } });
}

function decideLive(command: Exclude<SubjectCommand, { kind: "see" }>, state: LiveSubject): Decided {
  const next = state.generation + 1;
  switch (command.kind) {
    case "disable":
      return state.status === "disabled"
        ? UNCHANGED
        : done(next, { type: "SubjectDisabled", data: { reason: command.reason, generation: next } });
    case "enable":
      return state.status === "active" ? UNCHANGED : done(state.generation, { type: "SubjectEnabled", data: {} });
    case "revoke-all":
      return done(next, { type: "GenerationRaised", data: { of: "subject", generation: next, reason: command.reason } });
    case "end-session":
      return endSession(command, state);
    case "erase":
      return done(next, { type: "SubjectErased", data: { generation: next } });
    default:
      return exhausted(command, refuse("subject-unknown"));
  }
}

/** Ends one session; the person's other sessions, and grants made offline, live on. */
function endSession({ sessionId, reason }: Of<"end-session">, { endedSessions, generation }: LiveSubject): Decided {
  if (endedSessions.includes(sessionId)) return UNCHANGED;
  return done(generation, { type: "GenerationRaised", data: { of: "session", generation, sessionId, reason } });
}

import type { Recorded } from "../kernel/index.ts";
import { exhausted } from "../kernel/index.ts";
import type { GenerationRaised, SubjectEvent, SubjectState } from "./types.ts";

type LiveSubject = Extract<SubjectState, { status: "active" | "disabled" }>;

/** The subject after one more event. Total: an event that does not fit the state changes nothing. */
export function evolveSubject(state: SubjectState, event: Recorded<SubjectEvent>): SubjectState {
  if (state.status === "none")
    return event.type === "SubjectSeen" ? { status: "active", ...event.data, generation: 0, endedSessions: [] } : state;
  if (state.status === "erased") return state;
  return evolveLive(state, event);
}

function evolveLive(state: LiveSubject, event: Recorded<SubjectEvent>): SubjectState {
  switch (event.type) {
    case "SubjectSeen":
      return { ...state, claims: event.data.claims, groups: event.data.groups };
    case "SubjectDisabled":
      return { ...state, status: "disabled", reason: event.data.reason, generation: event.data.generation, endedSessions: [] };
    case "SubjectEnabled":
      return enabled(state);
    case "GenerationRaised":
      return raised(state, event.data);
    case "SubjectErased":
      // P9: nothing of the person stays, not even what only their key could open
      return { status: "erased", subject: state.subject, generation: event.data.generation };
    default:
      return exhausted(event, state);
  }
}

function enabled(state: LiveSubject): SubjectState {
  if (state.status === "active") return state;
  const { status: _status, reason: _reason, ...subject } = state;
  return { status: "active", ...subject };
}

function raised(state: LiveSubject, { of, generation, sessionId }: GenerationRaised["data"]): SubjectState {
  // What was made under a lower generation is dead with or without its session, so the list can begin anew
  if (of === "subject") return { ...state, generation, endedSessions: [] };
  return sessionId === undefined || state.endedSessions.includes(sessionId)
    ? state
    : { ...state, endedSessions: [...state.endedSessions, sessionId] };
}

import type { Decider } from "../kernel/index.ts";
import { decideSubject } from "./decide.ts";
import { subjectEvents } from "./events.ts";
import { evolveSubject } from "./evolve.ts";
import type { SubjectCommand, SubjectEvent, SubjectOutcome, SubjectState } from "./types.ts";

export type * from "./types.ts";
export { subjectEvents } from "./events.ts";

export const subjectDecider: Decider<SubjectState, SubjectCommand, SubjectEvent, SubjectOutcome> = {
  stream: "subject",
  events: subjectEvents,
  initial: { status: "none" },
  decide: decideSubject,
  evolve: evolveSubject,
};

import type { Decision } from "../kernel/index.ts";
import { exhausted } from "../kernel/index.ts";
import type { LoginCommand, LoginEvent, LoginOutcome, LoginState } from "./types.ts";

/** Links a login to a subject, once; again only to replace the very subject it has, which the caller found erased. Pure. */
export function decideLogin(command: LoginCommand, state: LoginState): Decision<LoginEvent, LoginOutcome> {
  switch (command.kind) {
    case "link":
      // Of two first logins at once, the second uses the subject the first one made
      if (state.status === "linked" && (state.subject === command.subject || state.subject !== command.replaces))
        return existing(state.subject);
      return {
        events: [{ type: "SubjectLinked", data: { subject: command.subject } }],
        outcome: { kind: "linked", subject: command.subject },
      };
    default:
      return exhausted(command.kind, existing(""));
  }
}

function existing(subject: string): Decision<LoginEvent, LoginOutcome> {
  return { events: [], outcome: { kind: "existing", subject } };
}

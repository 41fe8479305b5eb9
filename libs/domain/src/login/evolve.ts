import type { Recorded } from "../kernel/index.ts";
import { exhausted } from "../kernel/index.ts";
import type { LoginEvent, LoginState } from "./types.ts";

/** The login after one more event. Total. */
export function evolveLogin(state: LoginState, event: Recorded<LoginEvent>): LoginState {
  switch (event.type) {
    case "SubjectLinked":
      return { status: "linked", subject: event.data.subject };
    default:
      return exhausted(event.type, state);
  }
}

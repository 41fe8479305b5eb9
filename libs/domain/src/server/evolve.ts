import type { Recorded } from "../kernel/index.ts";
import { exhausted } from "../kernel/index.ts";
import type { ServerEvent, ServerState } from "./types.ts";

/** The server after one more event. Total: an event that does not fit the state changes nothing. */
export function evolveServer(state: ServerState, event: Recorded<ServerEvent>): ServerState {
  if (event.type === "ServerAdded") {
    const { server, resourceId } = event.data;
    return state.status === "active" ? state : { status: "active", server, resourceId };
  }
  if (state.status !== "active") return state;
  switch (event.type) {
    case "ServerChanged":
      return { ...state, server: event.data.server };
    case "ServerClientRegistered":
      return { ...state, registration: event.data };
    case "ServerRemoved":
      return { status: "removed", name: event.data.name };
    default:
      return exhausted(event, state);
  }
}

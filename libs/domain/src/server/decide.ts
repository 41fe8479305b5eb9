import type { Decision } from "../kernel/index.ts";
import { equalData, exhausted } from "../kernel/index.ts";
import type { ServerCommand, ServerEvent, ServerOutcome, ServerState } from "./types.ts";

type Decided = Decision<ServerEvent, ServerOutcome>;
type Active = Extract<ServerState, { status: "active" }>;

const UNCHANGED: Decided = { events: [], outcome: { kind: "unchanged" } };

/** What a command leads to on a server. Pure. */
export function decideServer(command: ServerCommand, state: ServerState): Decided {
  if (command.kind === "add") return add(command, state);
  if (command.kind === "remove" && state.status === "removed") return UNCHANGED;
  return state.status === "active" ? decideActive(command, state) : refuse("server-unknown");
}

function refuse(reason: Extract<ServerOutcome, { kind: "refused" }>["reason"]): Decided {
  return { events: [], outcome: { kind: "refused", reason } };
}

function done(event: ServerEvent): Decided {
  return { events: [event], outcome: { kind: "done" } };
}

/** The same again is fine: an addition that died half-way is made whole by repeating it. */
function add({ server, resourceId }: Extract<ServerCommand, { kind: "add" }>, state: ServerState): Decided {
  if (state.status !== "active") return done({ type: "ServerAdded", data: { server, resourceId } });
  return equalData(state.server, server) && state.resourceId === resourceId ? UNCHANGED : refuse("server-exists");
}

function decideActive(command: Exclude<ServerCommand, { kind: "add" }>, state: Active): Decided {
  switch (command.kind) {
    case "change":
      return equalData(command.server, state.server) ? UNCHANGED : done({ type: "ServerChanged", data: { server: command.server } });
    case "register-client":
      // of several processes that registered at once one is believed; the others use its registration
      return state.registration?.clientId === command.replaces
        ? done({ type: "ServerClientRegistered", data: command.registration })
        : refuse("client-registered-meanwhile");
    case "remove":
      return done({ type: "ServerRemoved", data: { name: state.server.name } });
    default:
      return exhausted(command, refuse("server-unknown"));
  }
}

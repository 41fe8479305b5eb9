import { equalData, exhausted, type Decision } from "../kernel/index.ts";
import type { ActiveReceiver, ReceiverCommand, ReceiverEvent, ReceiverOutcome, ReceiverState, SignalSettings } from "./types.ts";

type Decided = Decision<ReceiverEvent, ReceiverOutcome>;

/** What a command leads to on a receiver's stream. Pure. A receiver has one stream; a second is refused, and the name of an old one opens nothing. */
export function decideReceiver(command: ReceiverCommand, state: ReceiverState): Decided {
  if (command.kind === "create") return create(command, state);
  if (state.kind === "none" || state.streamId !== command.streamId) return refused("stream-unknown");
  switch (command.kind) {
    case "update":
      return equalData(settingsOf(state), command.settings) ? UNCHANGED : done({ type: "SignalStreamUpdated", data: command.settings });
    case "set-status":
      return setStatus(command, state);
    case "verify":
      return verify(command, state);
    case "delete":
      return done({ type: "SignalStreamDeleted", data: { streamId: state.streamId } });
    default:
      return exhausted(command, UNCHANGED);
  }
}

type Of<K extends ReceiverCommand["kind"]> = Extract<ReceiverCommand, { kind: K }>;
const UNCHANGED: Decided = { events: [], outcome: { kind: "unchanged" } };

function done(event: ReceiverEvent): Decided {
  return { events: [event], outcome: { kind: "done" } };
}

function refused(reason: "stream-exists" | "stream-unknown"): Decided {
  return { events: [], outcome: { kind: "refused", reason } };
}

function create({ streamId, clientId, settings }: Of<"create">, state: ReceiverState): Decided {
  if (state.kind === "active") return refused("stream-exists");
  return done({ type: "SignalStreamCreated", data: { streamId, clientId, ...settings } });
}

function setStatus({ status, reason }: Of<"set-status">, state: ActiveReceiver): Decided {
  if (state.status === status && state.reason === reason) return UNCHANGED;
  return done({ type: "SignalStreamStatusChanged", data: { status, ...(reason === undefined ? {} : { reason }) } });
}

/** P13 in small: who may ask for an event in the log may not do so without bound. */
function verify({ now, state: text, minInterval, streamId }: Of<"verify">, { verifiedAt }: ActiveReceiver): Decided {
  const wait = verifiedAt + minInterval - now;
  if (wait > 0) return { events: [], outcome: { kind: "refused", reason: "too-soon", wait } };
  return done({ type: "SignalVerificationRequested", data: { streamId, ...(text === undefined ? {} : { state: text }) } });
}

function settingsOf({ method, url, authorization, events, description }: ActiveReceiver): SignalSettings {
  return {
    method,
    events,
    ...(url === undefined ? {} : { url }),
    ...(authorization === undefined ? {} : { authorization }),
    ...(description === undefined ? {} : { description }),
  };
}

import { equalData, exhausted, type Decision } from "../kernel/index.ts";
import { evolveBridge } from "./evolve.ts";
import { isComplete } from "./next-step.ts";
import type { BridgeCommand, BridgeEvent, BridgeOutcome, BridgeRefusal, BridgeState, LiveBridge } from "./types.ts";

type Decided = Decision<BridgeEvent, BridgeOutcome>;
type Of<K extends BridgeCommand["kind"]> = Extract<BridgeCommand, { kind: K }>;
type Reported = Exclude<BridgeCommand, { kind: "request" | "change" | "used" | "end" }>;

/** What a command leads to on a registration through the bridge. Pure. */
export function decideBridge(command: BridgeCommand, state: BridgeState): Decided {
  switch (command.kind) {
    case "request":
      return request(command, state);
    case "change":
      return change(command, state);
    case "used":
      return used(command, state);
    case "end":
      return end(command, state);
    default:
      return report(command, state);
  }
}

const UNCHANGED: Decided = { events: [], outcome: { kind: "unchanged" } };

function done(...events: readonly BridgeEvent[]): Decided {
  return { events, outcome: { kind: "done" } };
}

function refused(reason: BridgeRefusal): Decided {
  return { events: [], outcome: { kind: "refused", reason } };
}

/** Ids of clients that registered themselves are never used again; a document client comes back under the URL it has. */
function request({ event }: Of<"request">, state: BridgeState): Decided {
  const free = state.status === "none" || (state.status === "gone" && event.origin === "cimd");
  if (!free) return refused("bridge-exists");
  return done({ type: "RegistrationRequested", data: { ...event, life: state.life + 1 } });
}

function change({ kind: _kind, now: _now, presentedTokenHash, ...data }: Of<"change">, state: BridgeState): Decided {
  if (state.status !== "active") return refused("bridge-not-active");
  if (presentedTokenHash !== undefined && presentedTokenHash !== state.registrationTokenHash) return refused("registration-token-used");
  const same = data.documentHash === state.documentHash && data.registrationTokenHash === undefined && data.clientSecretHash === undefined;
  return same ? UNCHANGED : done({ type: "RegistrationChanged", data });
}

/** One event in a while is enough to know that it is used, and no client makes the log grow by using it. */
function used({ now, atMostEvery }: Of<"used">, state: BridgeState): Decided {
  if (state.status !== "active") return refused("bridge-not-active");
  if (state.usedAt !== undefined && now - state.usedAt < atMostEvery) return UNCHANGED;
  return done({ type: "RegistrationUsed", data: {} });
}

function end({ reason, presentedTokenHash }: Of<"end">, state: BridgeState): Decided {
  if (state.status !== "active") return refused("bridge-not-active");
  if (presentedTokenHash !== undefined && presentedTokenHash !== state.registrationTokenHash) return refused("registration-token-used");
  return done({ type: "RegistrationEnded", data: { reason } });
}

/** What a step brought about. Told twice it changes nothing; told too late it is refused, and whoever did the step undoes it. */
function report(command: Reported, state: BridgeState): Decided {
  if (state.status === "none" || state.life !== command.life) return refused("step-overtaken");
  if (state.status === "gone") return command.kind === "compensated" ? UNCHANGED : refused("step-overtaken");
  if (command.kind === "compensated")
    return state.status === "ending" ? done({ type: "CompensationDone", data: {} }) : refused("step-overtaken");
  if (state.status === "ending") return refused("step-overtaken");
  if (command.kind === "fail") return fail(command, state);
  return advance(command, state);
}

/** Only what nobody has yet is taken back: an active registration whose rotation or update fails stays as it is. */
function fail({ step, reason }: Of<"fail">, state: LiveBridge): Decided {
  return state.status === "pending" ? done({ type: "RegistrationFailed", data: { step, reason } }) : refused("step-overtaken");
}

type Step = Exclude<Reported, { kind: "fail" | "compensated" }>;

function advance(command: Step, state: LiveBridge): Decided {
  const event = eventOf(command, state);
  if (event === undefined) return UNCHANGED;
  if (event === "overtaken") return refused("step-overtaken");
  const after = evolveBridge(state, { ...event, at: command.now });
  // The last step and the end of the registration are one append: there is nothing in between to be killed in.
  return after.status === "pending" && isComplete(after) ? done(event, { type: "RegistrationCompleted", data: {} }) : done(event);
}

/** Undefined: it is known already. */
function eventOf(command: Step, state: LiveBridge): BridgeEvent | "overtaken" | undefined {
  const { now: _now, life: _life, kind: _kind, ...data } = command;
  const key = "keyId" in command ? state.keys.find(({ keyId }) => keyId === command.keyId) : undefined;
  switch (command.kind) {
    case "app-created": {
      if (state.application === undefined) return { type: "EntraAppCreated", data: data as never };
      return state.application.clientId === command.appId ? undefined : "overtaken";
    }
    case "principal-created":
      return state.application?.servicePrincipalId === undefined
        ? { type: "EntraServicePrincipalCreated", data: data as never }
        : undefined;
    case "secret-issued": {
      if (key !== undefined) return undefined;
      // Two at the same rotation: the second takes its secret back.
      return state.keys.some(({ stored }) => !stored) ? "overtaken" : { type: "EntraSecretIssued", data: data as never };
    }
    case "secret-stored":
      if (key === undefined) return "overtaken";
      return key.stored ? undefined : { type: "SecretStored", data: data as never };
    case "secret-removed":
      return key === undefined ? undefined : { type: "EntraSecretRemoved", data: { keyId: command.keyId } };
    case "foreign-registered": {
      if (state.application === undefined) return { type: "ForeignClientRegistered", data: data as never };
      return equalData(state.application.clientId, command.clientId) ? undefined : "overtaken";
    }
    case "application-updated":
      return state.application?.documentHash === command.documentHash ? undefined : { type: "ApplicationUpdated", data: data as never };
    default:
      return exhausted(command, undefined);
  }
}

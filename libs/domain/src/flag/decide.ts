import { equalData, exhausted, type Decision } from "../kernel/index.ts";
import type { FlagCommand, FlagEvent, FlagOutcome, FlagState } from "./types.ts";

type Decided = Decision<FlagEvent, FlagOutcome>;

/** What a command leads to on a flag. Pure. Saying again what holds changes nothing, so a repeated request leaves no second line in the history. */
export function decideFlag(command: FlagCommand, state: FlagState): Decided {
  switch (command.kind) {
    case "set":
      return set(command, state);
    default:
      return exhausted(command.kind, UNCHANGED);
  }
}

const UNCHANGED: Decided = { events: [], outcome: { kind: "unchanged" } };

function set({ name, setting, reason, seen }: FlagCommand, state: FlagState): Decided {
  if (seen !== undefined && seen !== state.changes)
    return { events: [], outcome: { kind: "refused", reason: "flag-moved", changes: state.changes } };
  const { enabled, rollout, providers, clients } = setting;
  const data = { enabled, rollout, providers, clients, reason };
  if (state.status === "default") return { events: [{ type: "FlagDefined", data: { name, ...data } }], outcome: { kind: "changed" } };
  if (equalData(state.setting, { enabled, rollout, providers, clients })) return UNCHANGED;
  return { events: [{ type: "FlagChanged", data }], outcome: { kind: "changed" } };
}

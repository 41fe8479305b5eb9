import {
  defaultSetting,
  isFlagName,
  KNOWN_FLAGS,
  type FlagChanged,
  type FlagName,
  type FlagSetting,
  type FlagState,
} from "@grantline/domain/flag";
import { parseEvent, type StoredEvent } from "@grantline/event-store";
import type { AdminParts } from "../context.ts";
import { AdminProblem } from "../problem.ts";
import type { AdminAnswer, AdminCall } from "../route/route.ts";
import type { SetFlagInput } from "./flag.schema.ts";

const HISTORY = 100;

/** GET /flags: every flag there is, set or not. */
export async function listFlags(context: AdminParts): Promise<AdminAnswer> {
  const names = Object.keys(KNOWN_FLAGS) as FlagName[];
  const items = await Promise.all(names.map(async (name) => showFlag(name, (await context.flagStreams.load(name)).state)));
  return { status: 200, body: { items } };
}

/** GET /flags/:name: with who changed it, when and why. */
export async function readFlag(context: AdminParts, call: AdminCall<undefined, undefined>): Promise<AdminAnswer> {
  const name = nameOf(call);
  const { state, revision } = await context.flagStreams.load(name, { fresh: true });
  const stored = await context.store.readStream(context.flagStreams.stream(name), Math.max(0, revision + 1 - HISTORY), HISTORY);
  return { status: 200, body: { ...showFlag(name, state), history: stored.map(showChange).toReversed() } };
}

/** PUT /flags/:name: what holds from now on, in every process within a second. */
export async function setFlag(context: AdminParts, call: AdminCall<unknown, SetFlagInput>): Promise<AdminAnswer> {
  const name = nameOf(call);
  const { reason, if_changes: seen, ...setting } = call.body;
  const twice = setting.clients.on.find((client) => setting.clients.off.includes(client));
  if (twice !== undefined)
    throw new AdminProblem(400, "value-not-allowed", "A client can't be both on and off.", {
      errors: [{ path: "clients", message: "a client is named in both lists" }],
    });
  const { outcome, state } = await context.flagStreams.execute(
    name,
    { kind: "set", now: call.now, name, setting, reason, seen },
    call.meta,
  );
  if (outcome.kind === "refused")
    throw new AdminProblem(
      409,
      "state-conflict",
      `The flag has been changed meanwhile: ${outcome.changes} times by now. Look at it again.`,
    );
  return { status: 200, body: showFlag(name, state) };
}

function nameOf(call: { param(name: string): string }): FlagName {
  const name = call.param("name");
  if (!isFlagName(name)) throw new AdminProblem(404, "not-found", "There is no such flag in this release.");
  return name;
}

function showFlag(name: FlagName, state: FlagState): Readonly<Record<string, unknown>> {
  const { about, byDefault } = KNOWN_FLAGS[name];
  const base = { name, about, set: state.status === "set", default: byDefault, changes: state.changes };
  if (state.status === "default") return { ...base, ...showSetting(defaultSetting(name)) };
  return { ...base, ...showSetting(state.setting), reason: state.reason, changed_at: state.changedAt };
}

function showSetting({ enabled, rollout, providers, clients }: FlagSetting) {
  return { enabled, rollout, providers, clients };
}

function showChange(stored: StoredEvent): Readonly<Record<string, unknown>> {
  const { event, at, meta, position } = parseEvent<FlagChanged>(stored);
  return { at, by: meta.actor.id, ...showSetting(event.data), reason: event.data.reason, position, correlation_id: meta.correlationId };
}

import type { Decision } from "../kernel/index.ts";
import { equalData, exhausted } from "../kernel/index.ts";
import type { ResourceCommand, ResourceEvent, ResourceOutcome, ResourceState } from "./types.ts";

type Decided = Decision<ResourceEvent, ResourceOutcome>;
type ActiveResource = Extract<ResourceState, { status: "active" }>;

const UNCHANGED: Decided = { events: [], outcome: { kind: "unchanged" } };

/** What a command leads to on a resource. Pure. */
export function decideResource(command: ResourceCommand, state: ResourceState): Decided {
  if (command.kind === "register") return register(command, state);
  if (state.status === "removed" && command.kind === "remove") return UNCHANGED;
  if (state.status !== "active") return refuse("resource-unknown");
  return decideActive(command, state);
}

function refuse(reason: "resource-exists" | "resource-unknown"): Decided {
  return { events: [], outcome: { kind: "refused", reason } };
}

function done(generation: number, ...events: readonly ResourceEvent[]): Decided {
  return { events, outcome: { kind: "done", generation } };
}

function register(command: Extract<ResourceCommand, { kind: "register" }>, state: ResourceState): Decided {
  if (state.status === "active") return refuse("resource-exists");
  const { resourceId, uri, name, clientId, scopes, policy, tokenPolicy } = command;
  return done(
    state.status === "removed" ? state.generation : 0,
    { type: "ResourceRegistered", data: { resourceId, uri, name, clientId } },
    { type: "ScopesDefined", data: { scopes } },
    { type: "AccessPolicySet", data: { policy } },
    { type: "TokenPolicySet", data: { policy: tokenPolicy } },
  );
}

function decideActive(command: Exclude<ResourceCommand, { kind: "register" }>, state: ActiveResource): Decided {
  const { generation } = state;
  const next = generation + 1;
  switch (command.kind) {
    case "define-scopes":
      return equalData(command.scopes, state.scopes)
        ? UNCHANGED
        : done(generation, { type: "ScopesDefined", data: { scopes: command.scopes } });
    case "set-access-policy":
      return equalData(command.policy, state.policy)
        ? UNCHANGED
        : done(generation, { type: "AccessPolicySet", data: { policy: command.policy } });
    case "set-token-policy":
      return equalData(command.policy, state.tokenPolicy)
        ? UNCHANGED
        : done(generation, { type: "TokenPolicySet", data: { policy: command.policy } });
    case "revoke-all":
      return done(next, { type: "ResourceGenerationRaised", data: { generation: next, reason: command.reason } });
    case "remove":
      return done(next, { type: "ResourceRemoved", data: { generation: next } });
    default:
      return exhausted(command, refuse("resource-unknown"));
  }
}

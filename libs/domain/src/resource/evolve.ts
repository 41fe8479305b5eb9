import type { Recorded } from "../kernel/index.ts";
import { exhausted } from "../kernel/index.ts";
import type { ResourceEvent, ResourceRegistered, ResourceState } from "./types.ts";

/** The resource after one more event. Total: an event that does not fit the state changes nothing. */
export function evolveResource(state: ResourceState, event: Recorded<ResourceEvent>): ResourceState {
  if (event.type === "ResourceRegistered") return state.status === "active" ? state : registered(state, event.data);
  if (state.status !== "active") return state;
  switch (event.type) {
    case "ScopesDefined":
      return { ...state, scopes: event.data.scopes };
    case "AccessPolicySet":
      return { ...state, policy: event.data.policy };
    case "TokenPolicySet":
      return { ...state, tokenPolicy: event.data.policy };
    case "ResourceGenerationRaised":
      return { ...state, generation: event.data.generation };
    case "ResourceRemoved":
      return { status: "removed", resourceId: state.resourceId, uri: state.uri, generation: event.data.generation };
    default:
      return exhausted(event, state);
  }
}

/** One that comes back keeps its raised generation, so tokens from before its removal stay dead (P5). Until a policy is set it lets nobody in. */
function registered(state: Exclude<ResourceState, { status: "active" }>, data: ResourceRegistered["data"]): ResourceState {
  return {
    status: "active",
    ...data,
    scopes: [],
    policy: { rules: [] },
    tokenPolicy: {},
    generation: state.status === "removed" ? state.generation : 0,
  };
}

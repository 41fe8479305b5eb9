import type { Decider } from "../kernel/index.ts";
import { decideResource } from "./decide.ts";
import { resourceEvents } from "./events.ts";
import { evolveResource } from "./evolve.ts";
import type { ResourceCommand, ResourceEvent, ResourceOutcome, ResourceState } from "./types.ts";

export type * from "./types.ts";
export { resourceEvents } from "./events.ts";
export { permittedScopes, type Principal } from "./permitted-scopes.ts";

export const resourceDecider: Decider<ResourceState, ResourceCommand, ResourceEvent, ResourceOutcome> = {
  stream: "resource",
  events: resourceEvents,
  initial: { status: "none" },
  decide: decideResource,
  evolve: evolveResource,
};

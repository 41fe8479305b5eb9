export type { Decider, Decision, Outcome } from "./decider.ts";
export { exhausted } from "./decider.ts";
export type {
  AnyEventDefinition,
  AnyEventDefinitions,
  DomainEvent,
  EventDefinition,
  EventDefinitions,
  FieldDefinition,
  FieldKind,
  Recorded,
} from "./event.ts";
export type { EntityKind, VerificationLevel, Generations, Standing } from "./standing.ts";
export { isAdminScope } from "./standing.ts";
export { equalData } from "./equal-data.ts";
export { upcast } from "./upcast.ts";

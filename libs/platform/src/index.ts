export { systemClock, systemRandom } from "./clock.ts";
export { DataFolderError, type DataFolder } from "./data-folder.ts";
export { startDuties, type Duty } from "./duties.ts";
export { countEvents, measureProjections } from "./measure.ts";
export { openEmbedded, type EmbeddedOptions, type Platform, type Role } from "./embedded.ts";
export { endpointsOf } from "./endpoints.ts";
export { operationsEndpoints, type OperationsParts } from "./operations.ts";
export { rimOptions, type Instruments } from "./rim.ts";

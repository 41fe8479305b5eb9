export { systemClock, systemRandom } from "./clock.ts";
export { DataFolderError, type DataFolder } from "./data-folder.ts";
export { startDuties, type Duty } from "./duties.ts";
export { eventCounter, measureProjections } from "./measure.ts";
export { openPlatform, type PlatformOptions, type Platform, type Role } from "./platform.ts";
export { endpointsOf, registryEndpointsOf, tokenEndpointsOf } from "./endpoints.ts";
export { operationsEndpoints, type OperationsParts } from "./operations.ts";
export { rimOptions, type Instruments } from "./rim.ts";

export { startDistributed, type Distributed, type DistributedOptions, type ServiceName } from "./distributed.ts";
export { startFront, type Front, type Routes } from "./front.ts";
export { serviceProcess, type ServiceProcess } from "./service-process.ts";

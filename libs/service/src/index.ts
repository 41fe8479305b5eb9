export { createHttpApp, type HttpApp } from "./http-app.ts";
export { instrument } from "./instruments.ts";
export { claimPort, PortError } from "./port.ts";
export { runService, type ServiceDefinition, type ServiceParts, type Serving } from "./run-service.ts";
export { explain } from "./startup-error.ts";
export { onStop } from "./stop.ts";

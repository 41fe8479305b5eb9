export { createHttpServer, type HttpServerOptions } from "./http-server.ts";
export { EndpointsModule } from "./endpoints.nest.ts";
export { mountEndpoints, type RimOptions } from "./mount.ts";
export type { FailureSinks, FailureViews } from "./failure.ts";

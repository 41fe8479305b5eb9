export { introspectionEndpoints } from "./introspection.handler.ts";

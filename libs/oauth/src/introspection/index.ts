export { introspectionEndpoints } from "./introspection.handler.ts";
export { type IntrospectionContext, type Introspector, introspectorOf, maySee } from "./introspector.ts";

export type * from "./upstream.port.ts";

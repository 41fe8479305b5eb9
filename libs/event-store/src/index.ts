export * from "./port.ts";
export * from "./streams.port.ts";

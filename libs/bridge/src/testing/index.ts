export * from "./entra-stand-in.ts";
export type { StandInTenant } from "./login.ts";

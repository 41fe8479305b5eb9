export * from "./port.ts";
export type { DevUser } from "./dev-users.ts";
export { createDevUsers } from "./dev-users.ts";

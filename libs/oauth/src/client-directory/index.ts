export { createClientDirectory, type ClientDirectoryParts } from "./client-directory.ts";
export { registerOnFirstGrant } from "./register-on-first-grant.ts";

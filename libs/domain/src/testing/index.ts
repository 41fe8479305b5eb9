export { at, decided, fold, given } from "./given.ts";
export { deepFreeze } from "./deep-freeze.ts";
export { access, authorization, refresh } from "./grants.ts";

export { tokenEndpoints } from "./token.handler.ts";

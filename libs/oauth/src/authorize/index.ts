export { authorizeEndpoints } from "./authorize.endpoints.ts";

export { logoutEndpoints } from "./logout.endpoints.ts";

export { loginEndpoints } from "./login.endpoints.ts";

export { deviceAuthorizationEndpoints } from "./device-authorization.endpoints.ts";

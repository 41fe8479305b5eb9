export { revocationEndpoints } from "./revocation.handler.ts";

export { deviceVerificationEndpoints } from "./device-verification.endpoints.ts";

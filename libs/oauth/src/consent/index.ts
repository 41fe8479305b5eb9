export { consentEndpoints } from "./consent.endpoints.ts";

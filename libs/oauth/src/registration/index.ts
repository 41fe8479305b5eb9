export { mintClientSecret, needsSecret } from "./client-secret.ts";
export { expireUnusedClients, type UnusedClientsQuery } from "./expire-unused-clients.ts";
export { registrationEndpoints } from "./registration.endpoints.ts";
export { bearerRefused, bearerValue } from "./bearer-value.ts";
export { vouchedFor } from "./initial-access-token.ts";
export { checkUpdate } from "./manage.request.ts";
export { readRegistration, type RegistrationRequest } from "./registration.request.ts";
export { registrationOperations } from "./openapi.ts";

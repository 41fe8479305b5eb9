export { mintClientSecret, needsSecret } from "./client-secret.ts";
export { expireUnusedClients, type UnusedClientsQuery } from "./expire-unused-clients.ts";
export { registrationEndpoints } from "./registration.endpoints.ts";

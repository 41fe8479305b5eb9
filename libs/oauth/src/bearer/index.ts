export { authenticateBearer, bearerChallenge, type BearerDemand } from "./bearer.handler.ts";

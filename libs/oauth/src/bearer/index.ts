export { authenticateBearer, type BearerDemand } from "./bearer.handler.ts";

export { jwksEndpoints } from "./jwks.handler.ts";

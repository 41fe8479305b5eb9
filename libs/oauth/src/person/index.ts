export { LOGIN_NAME, openClaims, sealClaims } from "./claims.ts";

export { parEndpoints } from "./par.endpoints.ts";

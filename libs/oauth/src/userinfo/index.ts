export { userinfoEndpoints } from "./userinfo.handler.ts";

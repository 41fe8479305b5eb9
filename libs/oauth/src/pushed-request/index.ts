export { openPushedRequest, REQUEST_URI_PREFIX, sealPushedRequest, type PushedRequest } from "./pushed-request.ts";

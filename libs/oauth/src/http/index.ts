export type { Endpoint, HttpRequest, HttpResponse } from "./endpoint.ts";
export { formParameters, queryParameters, repeatedParameters, type Parameters } from "./parameters.ts";
export { CLIENT_PARAMETERS, formOperation, queryOperation } from "./operation.ts";
export { json, noContent, page, redirect, seeOther } from "./responses.ts";

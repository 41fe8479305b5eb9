export { clientForPerson } from "./client-for-person.ts";
export { identifyClient, type RedirectTarget } from "./redirect-target.ts";
export {
  authorizationParameters,
  KNOWN_PARAMETERS,
  parametersOf,
  wireParameters,
  wireQuery,
  type WireParameters,
} from "./wire-parameters.ts";
export { answerMode } from "./response-mode.ts";
export { parseAuthorizationRequest } from "./parse.ts";
export type { AuthorizationRequest, RequestedResource } from "./types.ts";
export { requestedResources } from "./resources.ts";
export { requestedScope } from "./scope.ts";
export { echoedState } from "./state.ts";

export { isLoopbackRedirect, redirectChain, redirectHost, redirectOrigin, redirectUriMatches } from "./redirect-uri.ts";
export { withParameters } from "./with-parameters.ts";

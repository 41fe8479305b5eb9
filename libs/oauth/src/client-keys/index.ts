export { createJwksFetcher } from "./jwks-fetcher.ts";

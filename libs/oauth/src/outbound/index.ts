export { isLoopbackHost, isPublicAddress } from "./address.ts";
export type { FetchedDocument } from "./download.ts";
export { namedPlaces, type NamedPlaces } from "./named-places.ts";
export { OutboundError, type OutboundFailure } from "./outbound-error.ts";
export { checkOutboundUrl, type OutboundUrlRules } from "./outbound-url.ts";
export { systemResolve, type Resolve, type ResolvedAddress } from "./resolve.ts";
export { createSafeExchange, type Exchange, type Exchanged, type SafeExchange } from "./safe-exchange.ts";
export { createSafeFetch, DOCUMENT_LIMIT, JWKS_LIMIT, type SafeFetch, type SafeFetchOptions } from "./safe-fetch.ts";

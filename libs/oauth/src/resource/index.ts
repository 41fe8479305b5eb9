export { findResource } from "./find-resource.ts";
export { isIssuer } from "./issuer-resource.ts";
export { resourceMetadataUrl } from "./resource-metadata.ts";
export { parseResourceUris } from "./resource-uri.ts";
export { clientAdmits, permittedFor, personAdmits, scopeCeiling } from "./permitted.ts";
export { entityOf, principalOf, type PrincipalQuery } from "./principal.ts";
export { SIGNAL_SCOPES, signalsResource } from "./signals-resource.ts";

export { checkJwks, usableKeys } from "./key-rules.ts";
export { ASSERTION_ALGS, AUTH_METHODS, SIGNING_ALGS, clientMetadataSchema, withoutNulls } from "./metadata-schema.ts";
export { GRANT_TYPES, SELF_REGISTERED_GRANT_TYPES, readClientMetadata, type ClientMetadataRules } from "./read-client-metadata.ts";
export { checkRedirectUri, inferApplicationType, type RedirectUriRules } from "./redirect-uri-rules.ts";

export { metadataEndpoints } from "./metadata.handler.ts";
export { authorizationServerMetadata } from "./document.ts";

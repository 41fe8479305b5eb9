export { createClientDocuments, type ClientDocumentsParts } from "./client-documents.ts";
export { checkDocumentUrl } from "./document-url.ts";
export { parseDocument } from "./parse-document.ts";
export type { ClientDocument, ClientDocuments } from "./types.ts";

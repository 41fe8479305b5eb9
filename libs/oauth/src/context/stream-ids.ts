import { hash } from "node:crypto";

/** client_ids we made are [a-z0-9-]; a CIMD client_id is a URL, so its stream is named by a digest. */
export function clientStreamId(clientId: string): string {
  return /^[A-Za-z0-9._-]{1,64}$/.test(clientId) ? clientId : `u${hash("sha256", clientId, "hex").slice(0, 32)}`;
}

/** A resource is found by its URI without an index. */
export function resourceStreamId(uri: string): string {
  return hash("sha256", uri, "hex").slice(0, 32);
}

export function consentStreamId(subject: string, clientId: string): string {
  return `${subject}-${clientStreamId(clientId)}`;
}

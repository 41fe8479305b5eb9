import { createHmac } from "node:crypto";

/** The key bytes of a Standard Webhooks secret, `whsec_` and base64. */
export function webhookKey(secret: string): Buffer {
  return Buffer.from(secret.slice("whsec_".length), "base64");
}

export interface SignedMessage {
  readonly id: string;
  /** Epoch seconds of this attempt. */
  readonly timestamp: number;
  readonly body: string;
}

// Standard Webhooks 1.0: HMAC-SHA256 over id, timestamp and body with dots between, so that neither can be swapped for another message's
export function webhookHeaders({ id, timestamp, body }: SignedMessage, key: Buffer): Readonly<Record<string, string>> {
  const signature = createHmac("sha256", key).update(`${id}.${timestamp}.${body}`).digest("base64");
  return { "webhook-id": id, "webhook-timestamp": String(timestamp), "webhook-signature": `v1,${signature}` };
}

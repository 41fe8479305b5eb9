import { randomUUID } from "node:crypto";
import { STATUS_CODES } from "node:http";
import type { Socket } from "node:net";

interface Told {
  readonly status: number;
  readonly description: string;
}

const TOLD: Readonly<Record<string, Told>> = {
  // RFC 6585 §5
  HPE_HEADER_OVERFLOW: { status: 431, description: "The headers are too large." },
  // RFC 9110 §15.5.9
  ERR_HTTP_REQUEST_TIMEOUT: { status: 408, description: "The request took too long." },
};
const MALFORMED: Told = { status: 400, description: "The request is malformed." };

/**
 * What is no HTTP has no request and no route; it is answered as all else is, and its connection ends (RFC 9112 §2.2): whatever follows would be read as
 * another request.
 */
export function clientErrors(headers: Readonly<Record<string, string>>) {
  return (error: Error & { readonly code?: string }, socket: Socket): void => {
    // the connection is gone, and so is whoever could be told
    if (error.code === "ECONNRESET" || socket.destroyed) return;
    if (socket.writable) socket.write(answer(TOLD[error.code ?? ""] ?? MALFORMED, headers));
    socket.destroy(error);
  };
}

function answer({ status, description }: Told, headers: Readonly<Record<string, string>>): string {
  const correlationId = randomUUID();
  const body = JSON.stringify({ error: "invalid_request", error_description: description, correlation_id: correlationId });
  const all = {
    ...headers,
    "cache-control": "no-store",
    "content-type": "application/json",
    "x-correlation-id": correlationId,
    "content-length": String(Buffer.byteLength(body)),
    connection: "close",
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}\r\n${lines.join("")}\r\n${body}`;
}

import type { FastifyReply } from "fastify";
import type { HttpRequest, HttpResponse } from "@grantline/oauth/http";
import type { OpenStreams } from "./open-streams.ts";

type Header = string | readonly string[];

/** Headers every answer of a route carries, by name and as the flat list Node takes. */
export interface FixedHeaders {
  readonly names: readonly string[];
  readonly flat: readonly Header[];
}

export function fixedHeaders(headers: Readonly<Record<string, string>>): FixedHeaders {
  return { names: Object.keys(headers), flat: Object.entries(headers).flat() };
}

/** Where streams are kept while they last, and who hears of one that failed. */
interface Streaming {
  readonly streams: OpenStreams;
  readonly failed: (error: unknown) => void;
}

/**
 * Writes the answer on Node's own response (the reply is hijacked): nearly every one of ours is a complete text, so Fastify's serializing, hooks and header
 * store have nothing to do. A handler's header wins over a fixed one. Without `streaming` an answer must be complete.
 */
export function send(reply: FastifyReply, response: HttpResponse, fixed: FixedHeaders, request: HttpRequest, streaming?: Streaming): void {
  const own = response.headers ?? {};
  const headers: Header[] = [];
  for (let index = 0; index < fixed.names.length; index += 1) {
    if (!((fixed.names[index] as string) in own)) headers.push(fixed.flat[2 * index] as Header, fixed.flat[2 * index + 1] as Header);
  }
  for (const name in own) headers.push(name, own[name] as Header);
  headers.push("x-correlation-id", request.correlationId);
  if (response.stream !== undefined && streaming !== undefined) {
    reply.raw.writeHead(response.status, headers as string[]);
    return streaming.streams.send(reply.raw, response.stream, streaming.failed);
  }
  const body = response.body ?? "";
  // RFC 9110 §8.6: no Content-Length in a 204
  if (response.status !== 204) headers.push("content-length", String(Buffer.byteLength(body)));
  reply.raw.writeHead(response.status, headers as string[]);
  reply.raw.end(body);
}

import type { ServerResponse } from "node:http";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { HttpRequest } from "@grantline/oauth/http";
import { correlationIdOf } from "./correlation.ts";

/** A request as the slices see it, read off Fastify's as far as somebody asks. */
export class IncomingRequest implements HttpRequest {
  readonly #incoming: FastifyRequest;
  readonly headers: HttpRequest["headers"];
  readonly correlationId: string;
  readonly #answer: ServerResponse;
  #gone: AbortSignal | undefined;

  constructor(incoming: FastifyRequest, { raw }: Pick<FastifyReply, "raw">) {
    this.#incoming = incoming;
    this.#answer = raw;
    this.headers = withRepeated(incoming.raw.rawHeaders, incoming.headers);
    this.correlationId = correlationIdOf(incoming.headers["x-correlation-id"]);
  }

  get method(): string {
    return this.#incoming.method;
  }

  get path(): string {
    const { url = "/" } = this.#incoming.raw;
    const mark = url.indexOf("?");
    return mark < 0 ? url : url.slice(0, mark);
  }

  get query(): string {
    const { url = "/" } = this.#incoming.raw;
    const mark = url.indexOf("?");
    return mark < 0 ? "" : url.slice(mark + 1);
  }

  get params(): Readonly<Record<string, string>> {
    return this.#incoming.params as Record<string, string>;
  }

  get body(): string | undefined {
    const { body } = this.#incoming;
    return typeof body === "string" && body !== "" ? body : undefined;
  }

  get ip(): string {
    // Gone before its request was read: those nobody knows the address of count together.
    return (this.#incoming.ip as string | undefined) ?? "unknown";
  }

  get gone(): AbortSignal {
    if (this.#gone === undefined) {
      const controller = new AbortController();
      this.#gone = controller.signal;
      if (this.#answer.destroyed) controller.abort();
      else this.#answer.once("close", () => controller.abort());
    }
    return this.#gone;
  }

  get traceparent(): string | undefined {
    const { traceparent } = this.#incoming.headers;
    return typeof traceparent === "string" ? traceparent : undefined;
  }
}

/**
 * Node keeps only the first of two Authorization or Host headers; who checks credentials must see that there were two (security cases K-01, T-16), and
 * so must who goes by the host (RFC 9112 §3.2, security case G-05).
 */
function withRepeated(raw: readonly string[], headers: FastifyRequest["headers"]): HttpRequest["headers"] {
  let credentials = 0;
  let hosts = 0;
  for (let index = 0; index < raw.length; index += 2) {
    const name = raw[index] as string;
    if (isNamed(name, "authorization")) credentials += 1;
    else if (isNamed(name, "host")) hosts += 1;
  }
  if (credentials < 2 && hosts < 2) return headers;
  return {
    ...headers,
    ...(credentials < 2 ? {} : { authorization: valuesOf(raw, "authorization") }),
    ...(hosts < 2 ? {} : { host: valuesOf(raw, "host") }),
  };
}

function valuesOf(raw: readonly string[], name: string): string[] {
  return raw.filter((_, index) => index % 2 === 1 && isNamed(raw[index - 1] as string, name));
}

function isNamed(header: string, name: string): boolean {
  return header.length === name.length && header.toLowerCase() === name;
}

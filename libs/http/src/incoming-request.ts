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
    this.headers = withRepeatedAuthorization(incoming.raw.rawHeaders, incoming.headers);
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

/** Node keeps only the first of two Authorization headers; who checks credentials must see that there were two (security cases K-01, T-16). */
function withRepeatedAuthorization(raw: readonly string[], headers: FastifyRequest["headers"]): HttpRequest["headers"] {
  let found = 0;
  for (let index = 0; index < raw.length; index += 2) if (isAuthorization(raw[index] as string)) found += 1;
  if (found < 2) return headers;
  return { ...headers, authorization: raw.filter((_, index) => index % 2 === 1 && isAuthorization(raw[index - 1] as string)) };
}

function isAuthorization(name: string): boolean {
  return name.length === 13 && name.toLowerCase() === "authorization";
}

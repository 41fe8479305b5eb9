import type { FastifyInstance, FastifyReply, FastifyRequest, HTTPMethods } from "fastify";
import { OAuthError } from "@grantline/oauth/errors";
import type { Endpoint, HttpRequest, HttpResponse } from "@grantline/oauth/http";
import { acceptsContent, MEDIA_TYPE } from "./content.ts";
import { CORS_HEADERS, preflight } from "./cors.ts";
import { failureResponse, type FailureSinks, type FailureViews } from "./failure.ts";
import { IncomingRequest } from "./incoming-request.ts";
import { securityHeaders } from "./security-headers.ts";
import { createOpenStreams, type OpenStreams } from "./open-streams.ts";
import { fixedHeaders, send } from "./send.ts";

const METHODS: readonly HTTPMethods[] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
const DEFAULT_BODY_LIMIT = 64 * 1024;

export interface RimOptions {
  readonly https: boolean;
  readonly views: FailureViews;
  readonly sinks: FailureSinks;
  /** Where other processes write too: awaited before each request, so that what it sees is no older than the request itself (P5). */
  readonly upToDate?: () => Promise<void>;
  /** Called once an answer is known: metrics, traces, access log. */
  readonly observe: (endpoint: Endpoint, request: HttpRequest, response: HttpResponse, startedMs: number) => void;
}

type Mounting = RimOptions & { readonly streams: OpenStreams };

/** Mounts framework-free endpoints on Fastify: the only place where the two meet. */
export function mountEndpoints(fastify: FastifyInstance, endpoints: readonly Endpoint[], rim: RimOptions): void {
  readBodiesAsText(fastify);
  const options: Mounting = { ...rim, streams: createOpenStreams() };
  // a drain waits for requests, and a stream is one that never ends by itself
  fastify.addHook("preClose", (done) => {
    options.streams.endAll();
    done();
  });
  const base = securityHeaders(options.https);
  const byPath = Map.groupBy(endpoints, (endpoint) => endpoint.path);
  for (const [path, group] of byPath) {
    for (const endpoint of group) {
      fastify.route({
        method: methodsOf(endpoint),
        url: path,
        exposeHeadRoute: false,
        bodyLimit: endpoint.bodyLimit ?? DEFAULT_BODY_LIMIT,
        handler: handlerOf(endpoint, base, options),
        errorHandler: transportErrors(endpoint, base, options),
      });
    }
    refuseOtherMethods(fastify, path, group, base, options);
  }
  notFound(fastify, base, options);
}

function methodsOf(endpoint: Endpoint): HTTPMethods[] {
  return endpoint.method === "GET" ? ["GET", "HEAD"] : [endpoint.method];
}

/**
 * One route's handler. A slice may answer at once or by a promise; what is answered at once stays free of promises here too, for the sake of
 * introspection, where they would be a good part of the cost.
 */
function handlerOf(endpoint: Endpoint, base: Readonly<Record<string, string>>, options: Mounting) {
  const fixed = fixedHeaders(endpoint.cors === true ? { ...base, ...CORS_HEADERS } : base);
  const { streams } = options;
  return (incoming: FastifyRequest, reply: FastifyReply): void => {
    const started = performance.now();
    const request = new IncomingRequest(incoming, reply);
    reply.hijack();
    const finish = (response: HttpResponse): void => {
      if (response.refused !== undefined) options.sinks.refused(endpoint, response.refused, request);
      options.observe(endpoint, request, response, started);
      if (response.stream === undefined) send(reply, response, fixed, request);
      else send(reply, response, fixed, request, { streams, failed: (error) => options.sinks.unexpected(endpoint, error, request) });
    };
    const fail = async (error: unknown): Promise<void> => {
      try {
        finish(await failureResponse(endpoint, request, error, options.views, options.sinks));
      } catch (worse) {
        // The refusal could not be sent either; the reply is ours alone, nobody behind us would hear of it.
        options.sinks.unexpected(endpoint, worse, request);
        reply.raw.destroy();
      }
    };
    const handle = (): void => {
      try {
        if (!namesPath(incoming.raw.url)) throw nothingHere();
        if (endpoint.accepts !== undefined) refuseContent(endpoint.accepts, request);
        const response = endpoint.handle(request);
        if (response instanceof Promise) response.then(finish).catch(fail);
        else finish(response);
      } catch (error) {
        void fail(error);
      }
    };
    if (options.upToDate === undefined || endpoint.timeless === true) handle();
    else options.upToDate().then(handle, fail);
  };
}

function refuseContent(accepts: NonNullable<Endpoint["accepts"]>, request: HttpRequest): void {
  const type = request.headers["content-type"];
  if (request.body === undefined && type === undefined) return;
  if (acceptsContent(accepts, typeof type === "string" ? type : undefined)) return;
  // OAuth 2.1 §3.2: parameters come form-encoded in the body
  throw new OAuthError(
    "invalid_request",
    "content-type-unsupported",
    `Send the body as ${accepts === "form" ? "application/x-www-form-urlencoded" : "application/json"}.`,
    { status: 415 },
  );
}

/** Bodies arrive as text; the slices parse them, so that repeated parameters are seen. */
function readBodiesAsText(fastify: FastifyInstance): void {
  fastify.removeAllContentTypeParsers();
  // the usual ones by name: Fastify finds those without taking the header apart each time
  for (const type of [...Object.values(MEDIA_TYPE), "*"])
    fastify.addContentTypeParser(type, { parseAs: "string" }, (_request, body, done) => done(null, body));
}

// OAuth 2.1 §3.2: the token endpoint is POST only; RFC 9110 §15.5.6: 405 names what is allowed
function refuseOtherMethods(
  fastify: FastifyInstance,
  path: string,
  group: readonly Endpoint[],
  base: Readonly<Record<string, string>>,
  options: Mounting,
): void {
  const allowed = group.flatMap(methodsOf);
  const sample = group[0] as Endpoint;
  const cors = sample.cors === true;
  const others = METHODS.filter((method) => !allowed.includes(method));
  const refusal: Endpoint = {
    id: sample.id,
    method: sample.method,
    path,
    audience: sample.audience === "person" ? "program" : sample.audience,
    ...(cors ? { cors } : {}),
    handle: (request) => {
      if (request.method === "OPTIONS" && cors) return preflight(allowed);
      if (request.method === "OPTIONS") return { status: 204, headers: { allow: allowed.join(", ") } };
      throw new OAuthError("invalid_request", "method-not-allowed", `Use ${allowed.join(" or ")}.`, {
        status: 405,
        headers: { allow: allowed.join(", ") },
      });
    },
  };
  fastify.route({
    method: [...others],
    url: path,
    handler: handlerOf(refusal, base, options),
    errorHandler: transportErrors(refusal, base, options),
  });
}

function notFound(fastify: FastifyInstance, base: Readonly<Record<string, string>>, options: Mounting): void {
  const endpoint: Endpoint = {
    id: "not-found",
    method: "GET",
    path: "/*",
    audience: "program",
    handle: () => {
      throw nothingHere();
    },
  };
  fastify.route({
    method: [...METHODS],
    url: "/*",
    handler: handlerOf(endpoint, base, options),
    errorHandler: transportErrors(endpoint, base, options),
  });
}

const SLASH = 0x2f;

/** A path, or the whole URL of one. RFC 9112 §3.2.4: `*` and its like name none, though the router would take their first character for the slash. */
function namesPath(target = ""): boolean {
  return target.charCodeAt(0) === SLASH || /^https?:\/\//i.test(target);
}

function nothingHere(): OAuthError {
  return new OAuthError("invalid_request", "not-found", "There is nothing here.", { status: 404 });
}

type TransportFailure = { readonly statusCode?: number; readonly code?: string };

/** For what goes wrong before a handler runs. Set per route: the instance's own error handler is Nest's. */
function transportErrors(endpoint: Endpoint, base: Readonly<Record<string, string>>, options: RimOptions) {
  return async (error: TransportFailure, incoming: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const request = new IncomingRequest(incoming, reply);
    reply.hijack();
    try {
      const response = await failureResponse(
        endpoint,
        request,
        transportError(error, endpoint.bodyLimit ?? DEFAULT_BODY_LIMIT),
        options.views,
        options.sinks,
      );
      send(reply, response, fixedHeaders(base), request);
    } catch (worse) {
      options.sinks.unexpected(endpoint, worse, request);
      reply.raw.destroy();
    }
    return reply;
  };
}

/** What Fastify itself refuses: bodies too long, malformed lengths, bad escapes in the path. */
function transportError(error: TransportFailure, bodyLimit: number): unknown {
  if (error.code === "FST_ERR_CTP_BODY_TOO_LARGE")
    return new OAuthError("invalid_request", "body-too-large", `The body is too large: at most ${bodyLimit} bytes.`, { status: 413 });
  if (error.code === "FST_ERR_CTP_INVALID_MEDIA_TYPE")
    return new OAuthError("invalid_request", "content-type-unsupported", "The content type is not supported.", { status: 415 });
  const status = error.statusCode ?? 500;
  if (status >= 400 && status < 500)
    return new OAuthError("invalid_request", "parameter-malformed", "The request is malformed.", { status });
  return error;
}

import fastifyFactory, { type FastifyInstance, type FastifyReply } from "fastify";
import { clientErrors } from "./client-error.ts";
import { closeInTime } from "./closing.ts";
import { correlationIdOf } from "./correlation.ts";
import { securityHeaders } from "./security-headers.ts";

export interface HttpServerOptions {
  /** CIDR list of proxies whose X-Forwarded-For counts; empty: none. */
  readonly trustedProxies: readonly string[];
  /** The issuer is https: its answers say so for good (HSTS). */
  readonly https?: boolean;
  /** How long closing may take; what is connected then is cut off. 10 s where nothing is said. */
  readonly drainMs?: number;
}

const DRAIN_MS = 10_000;

/** A Fastify instance with the bounds we want: header and request timeouts, URL length, time to close, no version banner. */
export function createHttpServer(options: HttpServerOptions): FastifyInstance {
  const headers = securityHeaders(options.https === true);
  const fastify = fastifyFactory({
    trustProxy: options.trustedProxies.length > 0 ? [...options.trustedProxies] : false,
    routerOptions: { maxParamLength: 4096, ignoreTrailingSlash: false, caseSensitive: true },
    bodyLimit: 64 * 1024,
    connectionTimeout: 0,
    requestTimeout: 30_000,
    keepAliveTimeout: 72_000,
    forceCloseConnections: "idle",
    logger: false,
    genReqId: () => "",
    // what goes wrong before a route is known: the same headers as every other answer
    frameworkErrors: (error, request, untyped) => {
      const correlationId = correlationIdOf(request.headers["x-correlation-id"]);
      (untyped as FastifyReply)
        .code(error.statusCode ?? 400)
        .headers({ ...headers, "cache-control": "no-store", "content-type": "application/json", "x-correlation-id": correlationId })
        .send(JSON.stringify({ error: "invalid_request", error_description: "The request is malformed.", correlation_id: correlationId }));
    },
    clientErrorHandler: clientErrors(headers),
    http: { maxHeaderSize: 32 * 1024, headersTimeout: 20_000 },
  });
  closeInTime(fastify, options.drainMs ?? DRAIN_MS);
  // Node knows the address of a connection that has closed only when it was asked before. Requests outlive their callers: what those did is counted all the same.
  fastify.server.on("connection", (socket) => void Reflect.get(socket, "remoteAddress"));
  return fastify;
}

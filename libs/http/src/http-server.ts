import fastifyFactory, { type FastifyInstance, type FastifyReply } from "fastify";

export interface HttpServerOptions {
  /** CIDR list of proxies whose X-Forwarded-For counts; empty: none. */
  readonly trustedProxies: readonly string[];
}

/** A Fastify instance with the bounds we want: header and request timeouts, URL length, no version banner. */
export function createHttpServer(options: HttpServerOptions): FastifyInstance {
  return fastifyFactory({
    trustProxy: options.trustedProxies.length > 0 ? [...options.trustedProxies] : false,
    routerOptions: { maxParamLength: 4096, ignoreTrailingSlash: false, caseSensitive: true },
    bodyLimit: 64 * 1024,
    connectionTimeout: 0,
    requestTimeout: 30_000,
    keepAliveTimeout: 72_000,
    forceCloseConnections: "idle",
    logger: false,
    genReqId: () => "",
    frameworkErrors: (error, _request, untyped) => {
      (untyped as FastifyReply)
        .code(error.statusCode ?? 400)
        .header("cache-control", "no-store")
        .header("content-type", "application/json")
        .send(JSON.stringify({ error: "invalid_request", error_description: "The request is malformed." }));
    },
    http: { maxHeaderSize: 32 * 1024, headersTimeout: 20_000 },
  });
}

// oxlint-disable-next-line import/no-unassigned-import -- Nest's decorators need the global it adds
import "reflect-metadata";
import type { Server } from "node:http";
import type { FastifyInstance } from "fastify";
import { NestFactory } from "@nestjs/core";
import { FastifyAdapter } from "@nestjs/platform-fastify";
import type { Config } from "@grantline/config";
import { createHttpServer } from "@grantline/http";
import type { Endpoint } from "@grantline/oauth/http";
import { rimOptions, type Instruments, type Platform } from "@grantline/platform";
import { drainConnections } from "./drain.ts";
import { ServiceModule } from "./service.module.ts";

export interface HttpApp {
  listen(port: number, host: string): Promise<void>;
  /** Lets running requests finish, for the configured time at most. */
  drain(): Promise<void>;
}

/** Nest around the endpoints of one process. */
export async function createHttpApp(
  config: Config,
  platform: Platform,
  instruments: Instruments,
  endpoints: readonly Endpoint[],
): Promise<HttpApp> {
  const { trustedProxies, issuer, shutdownDrain, shutdownNotice } = config.server;
  // the notice is part of the time a drain may take
  const noticeMs = Math.min(shutdownNotice, shutdownDrain) * 1_000;
  const fastify = createHttpServer({ trustedProxies, https: issuer.startsWith("https:"), drainMs: shutdownDrain * 1_000 - noticeMs });
  const module = ServiceModule.forRoot(endpoints, rimOptions(config, platform, instruments));
  const app = await NestFactory.create(module, new FastifyAdapter(withoutRequestHooks(fastify) as never), {
    bodyParser: false,
    logger: ["error", "fatal"],
    abortOnError: false,
  });
  return {
    listen: async (port, host) => void (await app.listen(port, host)),
    drain: () => drainConnections(app.getHttpServer() as Server, noticeMs, () => app.close()),
  };
}

/**
 * Nest's adapter hooks itself into each request to ask whether middleware, CORS, CSRF protection or a hook of the application has been switched on. Here none ever is, for the
 * endpoints bring their own, and seven empty hooks are a part of what an introspection costs that can be measured.
 */
function withoutRequestHooks(fastify: FastifyInstance): FastifyInstance {
  const { addHook } = fastify;
  const added = function (this: FastifyInstance, name: string, hook: unknown): FastifyInstance {
    return name === "onRequest" || name === "onResponse" ? this : (Reflect.apply(addHook, this, [name, hook]) as FastifyInstance);
  };
  return Object.assign(fastify, { addHook: added });
}

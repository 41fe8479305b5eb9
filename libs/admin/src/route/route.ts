import { hash } from "node:crypto";
import type { CommandMeta } from "@grantline/event-store";
import { commandMeta } from "@grantline/oauth/context";
import { json, noContent, type Endpoint, type HttpRequest, type HttpResponse } from "@grantline/oauth/http";
import { z } from "zod";
import type { AdminParts } from "../context.ts";
import type { AdminArea } from "../scopes.ts";
import { authenticateCaller, type Caller } from "./caller.ts";
import { answerOnce, idempotentRequest } from "./idempotency.ts";
import { operation } from "./operation.ts";
import { readBody, readQuery } from "./read-request.ts";

/** One call, as a handler sees it: authenticated, parsed, ready to run. */
export interface AdminCall<Q, B> {
  readonly request: HttpRequest;
  readonly caller: Caller;
  readonly query: Q;
  readonly body: B;
  readonly meta: CommandMeta;
  readonly now: number;
  /** A new id, 32 hex characters: the same one again when the same idempotent request comes again. */
  newId(what: string): string;
  param(name: string): string;
}

/** `status` 204 goes without a body. */
export interface AdminAnswer {
  readonly status: 200 | 201 | 204;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface AdminRoute<Q, B> {
  readonly id: string;
  readonly method: Endpoint["method"];
  /** Below /admin/v1, parameters as `:name`. */
  readonly path: string;
  readonly area: AdminArea;
  readonly summary: string;
  readonly query?: z.ZodType<Q>;
  readonly body?: z.ZodType<B>;
  /** May the body be left out? */
  readonly bodyOptional?: boolean;
  readonly answer?: z.ZodType;
  readonly status: 200 | 201 | 204;
  readonly handle: (context: AdminParts, call: AdminCall<Q, B>) => Promise<AdminAnswer>;
}

export const ADMIN_PATH = "/admin/v1";
const BODY_LIMIT = 256 * 1_024;

/** Makes an endpoint of a route: authentication by our own tokens, parsing, idempotency on writes, problem+json on refusal (by the rim). */
export function defineRoute<Q, B>(context: AdminParts, route: AdminRoute<Q, B>): Endpoint {
  const writes = route.method !== "GET";
  return {
    id: `admin-${route.id}`,
    method: route.method,
    path: `${ADMIN_PATH}${route.path}`,
    audience: "admin",
    ...(route.body === undefined ? {} : { accepts: "json", bodyLimit: BODY_LIMIT }),
    openapi: operation(route),
    handle: async (request) => {
      const caller = await authenticateCaller(context, request, route.area, writes ? "write" : "read");
      const limits = limitHeaders(context, caller, await context.directory.find(caller.clientId));
      const idempotent = writes ? idempotentRequest(request, caller) : undefined;
      const run = async (salt?: string): Promise<HttpResponse> =>
        respond(await route.handle(context, makeCall(context, route, request, caller, salt)));
      const response = idempotent === undefined ? await run() : await answerOnce(context, idempotent, request.correlationId, run);
      return { ...response, headers: { ...response.headers, ...limits } };
    },
  };
}

function makeCall<Q, B>(
  context: AdminParts,
  route: AdminRoute<Q, B>,
  request: HttpRequest,
  caller: Caller,
  salt: string | undefined,
): AdminCall<Q, B> {
  return {
    request,
    caller,
    now: context.clock.now(),
    query: readQuery(route.query, request) as Q,
    body: readBody(route.body, request, route.bodyOptional === true) as B,
    meta: commandMeta(context, request, { kind: "operator", id: caller.sub }),
    newId: (what) => (salt === undefined ? context.random.hex(16) : hash("sha256", `${salt}\n${what}`, "hex").slice(0, 32)),
    param: (name) => request.params[name] ?? "",
  };
}

function respond({ status, body, headers }: AdminAnswer): HttpResponse {
  return status === 204 ? noContent() : json(status, body, headers);
}

function limitHeaders(
  context: AdminParts,
  caller: Caller,
  client: Awaited<ReturnType<AdminParts["directory"]["find"]>>,
): Readonly<Record<string, string>> {
  return context.limits.client(caller.clientId, client.state.settings.requestsPerMinute);
}

import { OAuthError } from "@grantline/oauth/errors";
import { type Endpoint, type HttpRequest, type HttpResponse, json } from "@grantline/oauth/http";
import { handleCall } from "./call/call.handler.ts";
import { handleEnd, handleStream } from "./call/stream.handler.ts";
import type { GatewayContext } from "./context.ts";
import { resourceMetadataEndpoints } from "./entrance/metadata.endpoints.ts";

type Handler = (context: GatewayContext, request: HttpRequest) => Promise<HttpResponse>;

/** MCP over Streamable HTTP for every server behind the gateway, and what each is as a protected resource. */
export function gatewayEndpoints(context: GatewayContext): readonly Endpoint[] {
  const common = { path: "/mcp/:server", audience: "program", cors: true } as const;
  const handle = (handler: Handler) => (request: HttpRequest) =>
    handler(context, request).catch((error: unknown) => firstContact(error, request));
  return [
    { ...common, id: "gateway-call", method: "POST", accepts: "json", bodyLimit: context.settings.bodyLimit, handle: handle(handleCall) },
    { ...common, id: "gateway-stream", method: "GET", handle: handle(handleStream) },
    { ...common, id: "gateway-end", method: "DELETE", handle: handle(handleEnd) },
    ...resourceMetadataEndpoints(context),
  ];
}

/** MCP authorization: how every client begins. Answered and not thrown, for it is nobody's guess at a token and must not slow an address down. */
function firstContact(error: unknown, request: HttpRequest): HttpResponse {
  if (!(error instanceof OAuthError) || error.reason !== "bearer-missing") throw error;
  const body = { error: error.code, error_description: error.description, correlation_id: request.correlationId };
  return { ...json(error.status, body, error.headers), refused: error };
}

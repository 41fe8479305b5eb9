import { createServer, type Server, type ServerResponse } from "node:http";
import {
  createMcpExpressApp,
  getOAuthProtectedResourceMetadataUrl,
  mcpAuthMetadataRouter,
  requireBearerAuth,
} from "@modelcontextprotocol/express";
import { toNodeHandler, type NodeIncomingMessageLike, type NodeServerResponseLike } from "@modelcontextprotocol/node";
import { buildOAuthProtectedResourceMetadata, createMcpHandler, type AuthMetadataOptions } from "@modelcontextprotocol/server";
import { discover } from "./discover.ts";
import { introspection } from "./introspection.ts";
import { notesServer, type Notes } from "./notes.ts";

export interface ExampleOptions {
  /** Grantline's issuer, for instance http://localhost:8080/oauth. */
  readonly issuer: string;
  readonly port: number;
  /** The client that Grantline made when http://localhost:{port}/mcp was registered as a resource. */
  readonly clientId: string;
  readonly clientSecret: string;
}

export interface RunningExample {
  /** The MCP endpoint; it is the resource identifier too. */
  readonly url: URL;
  close(): Promise<void>;
}

/** Starts the protected MCP server. Rejects when no authorization server answers at the issuer or the port is taken. */
export async function startExample(options: ExampleOptions): Promise<RunningExample> {
  const resource = new URL(`http://localhost:${options.port}/mcp`);
  const authorizationServer = await discover(options.issuer);
  const metadata: AuthMetadataOptions = {
    oauthMetadata: authorizationServer,
    resourceServerUrl: resource,
    // Only what every caller needs: clients ask for everything they read here. The rest is asked for when a tool needs it.
    scopesSupported: ["notes:read"],
    resourceName: "Example notes",
  };
  const tokens = introspection({
    introspectionEndpoint: authorizationServer.introspection_endpoint,
    clientId: options.clientId,
    clientSecret: options.clientSecret,
    resource,
  });
  const guard = requireBearerAuth({
    verifier: tokens,
    requiredScopes: ["notes:read"],
    resourceMetadataUrl: getOAuthProtectedResourceMetadataUrl(resource),
    // Without it the audience of a token is not looked at.
    expectedResource: resource,
  });
  const notes: Notes = new Map();
  const handler = createMcpHandler(({ authInfo }) => notesServer(notes, authInfo, tokens));
  const serve = toNodeHandler(handler);

  const app = createMcpExpressApp();
  app.use(mcpAuthMetadataRouter(metadata));
  // RFC 9728 §3.1 puts the document below the path only; some clients look at the root, so it is there as well.
  app.get("/.well-known/oauth-protected-resource", (_request: unknown, response: ServerResponse) => {
    response
      .setHeader("access-control-allow-origin", "*")
      .setHeader("content-type", "application/json")
      .end(JSON.stringify(buildOAuthProtectedResourceMetadata(metadata)));
  });
  app.all("/mcp", guard, (request: NodeIncomingMessageLike & { readonly body?: unknown }, response: NodeServerResponseLike) =>
    serve(request, response, request.body),
  );
  const http = await listen(createServer(app), options.port);
  return {
    url: resource,
    close: async () => {
      await handler.close();
      await stop(http);
    },
  };
}

async function listen(http: Server, port: number): Promise<Server> {
  await new Promise<void>((resolve, reject) => {
    http.once("error", reject);
    http.listen(port, "127.0.0.1", resolve);
  });
  return http;
}

async function stop(http: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => http.close(() => resolve()));
  http.closeAllConnections();
  await closed;
}

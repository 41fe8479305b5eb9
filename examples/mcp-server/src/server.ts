import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createMcpExpressApp, getOAuthProtectedResourceMetadataUrl, mcpAuthMetadataRouter, requireBearerAuth } from "@modelcontextprotocol/express";
import { toNodeHandler } from "@modelcontextprotocol/node";
import { createMcpHandler, McpServer, requireScopes, type OAuthMetadata } from "@modelcontextprotocol/server";
import { z } from "zod";
import { introspectingVerifier } from "./introspection.ts";

export interface ExampleOptions {
  /** Grantline's issuer, for instance http://localhost:8080/oauth. */
  readonly issuer: string;
  /** 0 takes any free port; then `resource` must be a function of it. */
  readonly port: number;
  readonly credentials: (resource: string) => Promise<{ readonly clientId: string; readonly clientSecret: string }>;
}

/** Starts the protected server; its resource identifier is http://localhost:{port}/mcp. */
export async function startExample(options: ExampleOptions): Promise<{ readonly url: string; close(): Promise<void> }> {
  const app = createMcpExpressApp();
  const http = createServer(app as never);
  await new Promise<void>((resolve) => http.listen(options.port, "127.0.0.1", resolve));
  const resource = new URL(`http://localhost:${(http.address() as AddressInfo).port}/mcp`);
  const metadata = await discover(options.issuer);
  const { clientId, clientSecret } = await options.credentials(resource.href);
  const verifier = introspectingVerifier({ introspectionEndpoint: metadata.introspection_endpoint as string, clientId, clientSecret });

  app.use(mcpAuthMetadataRouter({ oauthMetadata: metadata, resourceServerUrl: resource, scopesSupported: ["notes:read"], resourceName: "Example notes" }));
  const guard = requireBearerAuth({ verifier, requiredScopes: ["notes:read"], resourceMetadataUrl: getOAuthProtectedResourceMetadataUrl(resource), expectedResource: resource });
  const handler = toNodeHandler(createMcpHandler(() => notesServer(resource)));
  app.all("/mcp", guard as never, (async (request: { body: unknown }, response: unknown) => {
    await handler(request as never, response as never, request.body);
  }) as never);
  return { url: resource.href, close: () => stop(http) };
}

/** Two tools: one for the scope every caller holds, one that makes a client step up. */
function notesServer(resource: URL): McpServer {
  const server = new McpServer({ name: "example-notes", version: "1.0.0" }, { resourceMetadataUrl: getOAuthProtectedResourceMetadataUrl(resource) } as never);
  server.registerTool("read_note", { description: "Reads the note", inputSchema: z.object({}) }, (async () => ({ content: [{ type: "text", text: NOTES.text }] })) as never);
  server.registerTool(
    "write_note",
    { description: "Replaces the note", inputSchema: z.object({ text: z.string() }), scopeChallenge: requireScopes("notes:read", "notes:write") } as never,
    (async ({ text }: { text: string }) => {
      NOTES.text = text;
      return { content: [{ type: "text", text: "written" }] };
    }) as never,
  );
  return server;
}

const NOTES = { text: "buy milk" };

async function discover(issuer: string): Promise<OAuthMetadata> {
  const { origin, pathname } = new URL(issuer);
  const response = await fetch(`${origin}/.well-known/oauth-authorization-server${pathname === "/" ? "" : pathname}`);
  if (!response.ok) throw new Error(`No authorization server answers at ${issuer} (${response.status}). Is Grantline running?`);
  return (await response.json()) as OAuthMetadata;
}

async function stop(http: Server): Promise<void> {
  http.closeAllConnections();
  await new Promise<void>((resolve) => http.close(() => resolve()));
}

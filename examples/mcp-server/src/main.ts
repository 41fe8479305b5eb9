import { startExample } from "./server.ts";

const issuer = process.env["ISSUER"] ?? "http://localhost:8080/oauth";
const clientId = process.env["CLIENT_ID"];
const clientSecret = process.env["CLIENT_SECRET"];
if (clientId === undefined || clientSecret === undefined) {
  process.stderr.write("Set CLIENT_ID and CLIENT_SECRET: Grantline prints them when you register http://localhost:4000/mcp as a resource (docs/how-to/protect-my-mcp-server.md).\n");
  process.exit(2);
}
const { url } = await startExample({ issuer, port: Number(process.env["PORT"] ?? 4000), credentials: async () => ({ clientId, clientSecret }) });
process.stdout.write(`MCP server at ${url}, protected by ${issuer}\n`);

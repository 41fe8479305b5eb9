import { startExample } from "./server.ts";

const {
  ISSUER: issuer = "http://localhost:8080/oauth",
  PORT: port = "4000",
  CLIENT_ID: clientId,
  CLIENT_SECRET: clientSecret,
} = process.env;
if (clientId === undefined || clientSecret === undefined) {
  process.stderr.write(
    `Set CLIENT_ID and CLIENT_SECRET: Grantline gives them when you register http://localhost:${port}/mcp as a resource (README.md, step 2).\n`,
  );
  process.exit(2);
}
try {
  const { url, close } = await startExample({ issuer, port: Number(port), clientId, clientSecret });
  process.stdout.write(`MCP server at ${url.href}, protected by ${issuer}\n`);
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => void close());
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}

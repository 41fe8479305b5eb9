// The floors: a bare Fastify route that reads a form and answers JSON of the given size; with `sign`, one ES256 signature more.
import { generateKeyPairSync, sign } from "node:crypto";
import Fastify from "fastify";

const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });

const signingInput = Buffer.from("x".repeat(400));
const fastify = Fastify({ logger: false });
fastify.addContentTypeParser("application/x-www-form-urlencoded", { parseAs: "string" }, (_request, body, done) => done(null, body));
// what Fastify and Node send by themselves is about 150 bytes; one header stands in for the rest
const headers = { "content-type": "application/json", "x-filler": "h".repeat(Math.max(1, Number(process.argv[2] ?? 500) - 150)) };
const filler = "y".repeat(Number(process.argv[3] ?? 250));
fastify.post("/plain", (_request, reply) => {
  reply.headers(headers).send(JSON.stringify({ filler }));
});
fastify.post("/signed", (_request, reply) => {
  const signature = sign("sha256", signingInput, privateKey).toString("base64url");
  reply.headers(headers).send(JSON.stringify({ filler, signature }));
});
await fastify.listen({ port: 0, host: "127.0.0.1" });
const address = fastify.server.address();
process.stdout.write(`listening ${typeof address === "object" && address !== null ? address.port : 0}\n`);

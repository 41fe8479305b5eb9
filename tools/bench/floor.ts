// The floors: a bare Fastify route that reads a form and answers JSON of the given size; with `sign`, one ES256 signature more.
import { generateKeyPairSync, sign } from "node:crypto";
import Fastify from "fastify";

const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
const key = { key: privateKey, dsaEncoding: "ieee-p1363" } as const;
const signingInput = Buffer.from("x".repeat(400));
const fastify = Fastify({ logger: false });
fastify.addContentTypeParser("application/x-www-form-urlencoded", { parseAs: "string" }, (_request, body, done) => done(null, body));
const filler = "y".repeat(Number(process.argv[2] ?? 250));
fastify.post("/plain", (_request, reply) => {
  reply.header("content-type", "application/json").send(JSON.stringify({ filler }));
});
fastify.post("/signed", (_request, reply) => {
  const signature = sign("sha256", signingInput, key).toString("base64url");
  reply.header("content-type", "application/json").send(JSON.stringify({ filler, signature }));
});
await fastify.listen({ port: 0, host: "127.0.0.1" });
const address = fastify.server.address();
process.stdout.write(`listening ${typeof address === "object" && address !== null ? address.port : 0}\n`);

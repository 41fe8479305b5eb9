import type { SigningKey } from "@grantline/domain/keyring";
import type { Endpoint } from "@grantline/oauth/http";
import { z } from "zod";
import type { AdminParts } from "../context.ts";
import { AdminProblem } from "../problem.ts";
import { defineRoute, type AdminAnswer, type AdminCall } from "../route/route.ts";

const alg = z.enum(["ES256", "EdDSA", "RS256"]);
const keyAnswer = z
  .object({
    kid: z.string(),
    alg,
    status: z.enum(["created", "published", "active", "retired", "removed", "compromised"]),
    public_jwk: z.record(z.string(), z.string()),
    created_at: z.int(),
    published_at: z.int().optional(),
    activated_at: z.int().optional(),
    remove_after: z.int().optional(),
  })
  .meta({ id: "SigningKey" });
const compromiseSchema = z.strictObject({ reason: z.string().trim().min(1).max(200) });

export function keyRoutes(context: AdminParts): readonly Endpoint[] {
  const area = "keys";
  const answer = z.object({ items: z.array(keyAnswer) });
  return [
    defineRoute(context, {
      id: "list-keys",
      method: "GET",
      path: "/keys",
      area,
      summary: "List signing keys, public parts only",
      answer,
      status: 200,
      handle: listKeys,
    }),
    defineRoute(context, {
      id: "rotate-key",
      method: "POST",
      path: "/keys/rotate",
      area,
      summary: "Sign with a new key from now on",
      body: z.strictObject({ alg: alg.default("ES256") }),
      bodyOptional: true,
      answer: keyAnswer,
      status: 201,
      handle: rotateKey,
    }),
    defineRoute(context, {
      id: "compromise-key",
      method: "POST",
      path: "/keys/:kid/compromise",
      area,
      summary: "Take a key out at once; every token it signed is dead",
      body: compromiseSchema,
      answer: keyAnswer,
      status: 200,
      handle: compromiseKey,
    }),
  ];
}

async function listKeys(context: AdminParts): Promise<AdminAnswer> {
  await context.keyring.refresh();
  return { status: 200, body: { items: context.keyring.list().map(showKey) } };
}

async function rotateKey(context: AdminParts, call: AdminCall<unknown, { alg: "ES256" | "EdDSA" | "RS256" }>): Promise<AdminAnswer> {
  if (!context.signer.algs().includes(call.body.alg))
    throw new AdminProblem(409, "state-conflict", "No key of this algorithm is kept here; see the settings.");
  const { kid } = await context.keyring.rotate(call.body.alg, call.meta);
  return { status: 201, body: showKey(findKey(context, kid)) };
}

async function compromiseKey(context: AdminParts, call: AdminCall<unknown, { reason: string }>): Promise<AdminAnswer> {
  const kid = call.param("kid");
  const found = await context.keyring.compromise(kid, call.body.reason, call.meta);
  if (!found) throw new AdminProblem(404, "not-found", "No key has this kid.");
  return { status: 200, body: showKey(findKey(context, kid)) };
}

function findKey(context: AdminParts, kid: string): SigningKey {
  const key = context.keyring.list().find((each) => each.kid === kid);
  if (key === undefined) throw new AdminProblem(404, "not-found", "No key has this kid.");
  return key;
}

function showKey(key: SigningKey): Readonly<Record<string, unknown>> {
  return {
    kid: key.kid,
    alg: key.alg,
    status: key.status,
    public_jwk: key.publicJwk,
    created_at: key.createdAt,
    ...(key.publishedAt === undefined ? {} : { published_at: key.publishedAt }),
    ...(key.activatedAt === undefined ? {} : { activated_at: key.activatedAt }),
    ...(key.removeAfter === undefined ? {} : { remove_after: key.removeAfter }),
  };
}

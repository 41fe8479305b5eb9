import { standingLost } from "@grantline/domain/grant";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { consentStreamId, resourceStreamId, type OAuthContext } from "../context/index.ts";
import { currentStanding } from "../standing/index.ts";
import { authorizationUrl, locationOf, Visitor } from "../testing/visitor.ts";
import { MCP, META, openWorld, type World } from "../testing/world.ts";
import { parseCode } from "../tokens/index.ts";

// Real: event store, keys, deciders, people. Made: clock, and the moment a revocation arrives at.
let world: World;
let meanwhile: () => Promise<unknown> = () => Promise.resolve();

beforeAll(async () => {
  world = await openWorld();
  await world.registerClient("app");
  await world.registerResource(MCP, [
    { name: "files:read", description: "Read your files" },
    { name: "files:write", description: "Change your files" },
  ]);
  // Between the judgement of an authorization and its grant the store of seen challenges is asked: a good place to revoke from.
  const { ephemeral } = world.context as { ephemeral: { addIfAbsent: OAuthContext["ephemeral"]["addIfAbsent"] } };
  const addIfAbsent = ephemeral.addIfAbsent.bind(ephemeral);
  ephemeral.addIfAbsent = async (key, expiresAt) => {
    await meanwhile();
    return addIfAbsent(key, expiresAt);
  };
});
afterAll(() => world.close());

async function dead(answer: string | undefined): Promise<boolean> {
  const code = parseCode(new URL(answer ?? "http://none").searchParams.get("code") ?? "");
  const { state } = await world.context.grants.load(code?.grantId ?? "none");
  if (state.status !== "authorized") throw new Error(`the grant is ${state.status}`);
  const { basis } = state;
  const query = { clientId: basis.clientId, subject: basis.subject, resourceIds: basis.resources.map(({ id }) => id) };
  return standingLost(basis, await currentStanding(world.context, query), world.clock.time);
}

const revocations: Record<string, (subject: string, now: number) => Promise<unknown>> = {
  "all of the person": (subject, now) => world.context.subjects.execute(subject, { kind: "revoke-all", now, reason: "admin" }, META),
  "all of the client": (_subject, now) => world.context.clients.execute("app", { kind: "revoke-all", now, reason: "admin" }, META),
  "all of the resource": (_subject, now) =>
    world.context.resources.execute(resourceStreamId(MCP), { kind: "revoke-all", now, reason: "admin" }, META),
  "the consent": (subject, now) => world.context.consents.execute(consentStreamId(subject, "app"), { kind: "withdraw", now }, META),
};

describe("a revocation that is acknowledged while an authorization is on its way (P5)", () => {
  for (const [what, revoke] of Object.entries(revocations)) {
    for (const path of ["after a consent", "on a remembered consent"]) {
      it(`of ${what} ends the grant made of it, ${path}`, async () => {
        const visitor = new Visitor(world);
        const code = parseCode((await visitor.authorize(authorizationUrl({ prompt: "consent" }))).searchParams.get("code") ?? "");
        const { state } = await world.context.grants.load(code?.grantId ?? "none");
        const subject = state.status === "authorized" ? state.basis.subject : "";
        const page =
          path === "after a consent" ? await visitor.follow(await visitor.get(authorizationUrl({ prompt: "consent" }))) : undefined;
        meanwhile = () => revoke(subject, world.clock.time);
        const answer = page === undefined ? await visitor.get(authorizationUrl()) : await visitor.decide(page);
        meanwhile = () => Promise.resolve();
        expect(await dead(locationOf(answer))).toBe(true);
      });
    }
  }
});

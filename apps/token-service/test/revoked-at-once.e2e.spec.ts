/*
 * P5 over three token-services and two client-registries. Real: the services as processes, PostgreSQL, Redis, HTTP to each instance. Made: nothing.
 * Each round: a token that every instance has in memory is revoked through one of them, and all are asked the moment that is acknowledged.
 */
import { obtainTokens, type Tokens } from "@grantline/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { basicOf } from "./support/instance.ts";
import { claimsOf, grantOf } from "./support/tokens.ts";
import { JWT, noEngines, OPAQUE, startWorld, type World } from "./support/world.ts";

type Resource = typeof JWT | typeof OPAQUE;

/** A token in memory everywhere, and how it ends. `revoke` resolves once that is acknowledged. */
interface Doomed {
  readonly resource: Resource;
  readonly token: string;
  readonly revoke: () => Promise<void>;
}

let world: World;

describe.skipIf(noEngines)("needs PostgreSQL and Redis: what is revoked through one instance is dead at every other at once (P5)", () => {
  beforeAll(async () => {
    world = await startWorld();
  }, 240_000);
  afterAll(() => world?.stop());

  const resourceOf = (round: number): Resource => (round % 2 === 0 ? JWT : OPAQUE);

  async function machineToken(round: number, resource = resourceOf(round), machine = world.machine): Promise<string> {
    const form = { grant_type: "client_credentials", scope: "read", resource };
    const { status, body } = await world.instance(round).token(form, basicOf(machine));
    if (status !== 200) throw new Error(`no token: ${status} ${JSON.stringify(body)}`);
    return String(body["access_token"]);
  }

  function logIn(round: number, person = world.person(), scope = "read"): Promise<Tokens> {
    return obtainTokens(person, { issuer: world.issuer, client: world.app, scope, resource: resourceOf(round) });
  }

  async function revokeAt(round: number, form: Readonly<Record<string, string>>, headers = {}): Promise<void> {
    const { status } = await world.instance(round).post("/oauth/revoke", form, headers);
    if (status !== 200) throw new Error(`revocation: ${status}`);
  }

  const admin = async (method: string, path: string, body?: object): Promise<void> => void (await world.admin.call(method, path, body));

  /** Of the one person there is. */
  async function subject(): Promise<string> {
    const { access_token } = await logIn(0);
    return String(claimsOf(access_token)["sub"]);
  }

  const kinds: readonly (readonly [kind: string, rounds: number, begin: (round: number) => Promise<Doomed>])[] = [
    ["token revoked", 50, machineTokenRevoked],
    [
      "access token of a grant revoked",
      6,
      async (round) => {
        const { access_token } = await logIn(round);
        return doomed(round, access_token, () => revokeAt(round, { token: access_token, client_id: world.app.client_id }));
      },
    ],
    [
      "refresh token revoked",
      12,
      async (round) => {
        const { access_token, refresh_token = "" } = await logIn(round);
        return doomed(round, access_token, () => revokeAt(round, { token: refresh_token, client_id: world.app.client_id }));
      },
    ],
    [
      "grant revoked by an operator",
      8,
      async (round) => {
        const { access_token, refresh_token } = await logIn(round);
        return doomed(round, access_token, () => admin("DELETE", `/grants/${grantOf(refresh_token)}`));
      },
    ],
    [
      "everything of a person revoked",
      4,
      async (round) => {
        const { access_token } = await logIn(round);
        const who = await subject();
        return doomed(round, access_token, () => admin("POST", `/subjects/${who}/revoke-all`));
      },
    ],
    [
      "everything for a resource revoked",
      2,
      async (round) => {
        const { access_token } = await logIn(round);
        const id = world.rs[resourceOf(round)].resource_id;
        return doomed(round, access_token, () => admin("POST", `/resources/${id}/revoke-all`));
      },
    ],
    [
      "client suspended",
      8,
      async (round) => {
        const machine = await world.admin.machine();
        return doomed(round, await machineToken(round, resourceOf(round), machine), () =>
          admin("POST", `/clients/${machine.client_id}/suspend`, { reason: "abuse" }),
        );
      },
    ],
    [
      "client deleted",
      4,
      async (round) => {
        const machine = await world.admin.machine();
        return doomed(round, await machineToken(round, resourceOf(round), machine), () => admin("DELETE", `/clients/${machine.client_id}`));
      },
    ],
    ["logout", 4, loggedOut],
    ["key compromised", 6, keyCompromised],
    // last, since it is the one person there is
    [
      "person disabled",
      1,
      async (round) => {
        const { access_token } = await logIn(round);
        const who = await subject();
        return doomed(round, access_token, () => admin("POST", `/subjects/${who}/disable`, { reason: "left" }));
      },
    ],
  ];

  function doomed(round: number, token: string, revoke: () => Promise<void>): Doomed {
    return { resource: resourceOf(round), token, revoke };
  }

  async function machineTokenRevoked(round: number): Promise<Doomed> {
    const token = await machineToken(round);
    return doomed(round, token, () => revokeAt(round + 1, { token }, basicOf(world.machine)));
  }

  /** The grant does not outlive its session, as offline access was not asked for. */
  async function loggedOut(round: number): Promise<Doomed> {
    const person = world.person();
    const { access_token } = await logIn(round, person);
    return doomed(round, access_token, async () => {
      const page = await person.submit(await person.open(`${world.issuer}/logout`), "logout-form", { confirm: "yes" });
      if (page.kind !== "page" || !page.html.includes('id="logged-out"')) throw new Error("still logged in");
    });
  }

  async function keyCompromised(round: number): Promise<Doomed> {
    const { kid } = await world.admin.call<{ kid: string }>("POST", "/keys/rotate", { alg: "ES256" });
    for (const until = performance.now() + 10_000; ;) {
      const token = await machineToken(round, JWT);
      const header = JSON.parse(Buffer.from(token.split(".")[0] as string, "base64url").toString()) as { kid: string };
      if (header.kid === kid) return { resource: JWT, token, revoke: () => admin("POST", `/keys/${kid}/compromise`, { reason: "test" }) };
      if (performance.now() > until) throw new Error("the new key was never signed with");
    }
  }

  const everywhere = ({ resource, token }: Doomed): Promise<readonly boolean[]> =>
    Promise.all(world.instances.map((at) => at.active(world.rs[resource], token)));

  it.each(kinds)("%s, %i times", async (_, rounds, begin) => {
    const late: string[] = [];
    for (let round = 0; round < rounds; round++) {
      const one = await begin(round);
      // in memory everywhere
      expect(await everywhere(one)).toEqual([true, true, true]);
      await one.revoke();
      const seen = await everywhere(one);
      if (seen.includes(true)) late.push(`round ${round}: ${seen.join()}`);
    }
    expect(late).toEqual([]);
  });

  it("makes a hundred rounds and more", () => {
    expect(kinds.reduce((sum, [, rounds]) => sum + rounds, 0)).toBeGreaterThanOrEqual(100);
  });
});

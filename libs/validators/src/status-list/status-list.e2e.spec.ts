// Real: the whole server over HTTP, its store, projector and clock, jose as the validator nobody here wrote. Fake: nothing.
import { inflateSync } from "node:zlib";
import { createRemoteJWKSet, decodeJwt, jwtVerify } from "jose";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { refresh } from "@grantline/testing";
import { startValidatorWorld, type ValidatorWorld } from "../testing/world.ts";

let world: ValidatorWorld;
beforeAll(async () => {
  world = await startValidatorWorld({ GRANTLINE_STATUS_LIST: "on" });
});
afterAll(() => world.close());

interface Reference {
  readonly idx: number;
  readonly uri: string;
}

function referenceOf(token: string): Reference {
  return (decodeJwt(token)["status"] as { readonly status_list: Reference }).status_list;
}

/** draft-ietf-oauth-status-list §8.3, by hand: 0 valid, 1 invalid. */
async function statusOf(token: string): Promise<number> {
  const { idx, uri } = referenceOf(token);
  const response = await fetch(uri, { headers: { accept: "application/statuslist+jwt" } });
  expect([response.status, response.headers.get("content-type")]).toEqual([200, "application/statuslist+jwt"]);
  const keys = createRemoteJWKSet(new URL(`${world.platform.issuer}/jwks`));
  const { payload } = await jwtVerify(await response.text(), keys, {
    typ: "statuslist+jwt",
    subject: uri,
    requiredClaims: ["iat", "exp", "ttl"],
  });
  const list = payload["status_list"] as { readonly bits: number; readonly lst: string };
  expect(list.bits).toBe(1);
  const bytes = inflateSync(Buffer.from(list.lst, "base64url"));
  return ((bytes[idx >> 3] as number) >> (idx & 7)) & 1;
}

const dead = (token: string) => expect.poll(() => statusOf(token), { timeout: 8_000, interval: 300 }).toBe(1);

describe("a status list", () => {
  it("has the status of tokens without a grant, each at a place of its own", async () => {
    const [one, two] = [await world.token(world.notes), await world.token(world.notes)];
    expect(referenceOf(one).uri).toBe(referenceOf(two).uri);
    expect(referenceOf(one).idx).not.toBe(referenceOf(two).idx);
    expect([await statusOf(one), await statusOf(two)]).toEqual([0, 0]);
    await world.revoke(one, world.machine.client_id, world.machine.client_secret);
    await dead(one);
    expect(await statusOf(two)).toBe(0);
  });

  it("has the status of each token of a grant: one revoked, then with the grant all", async () => {
    const first = await world.personToken(world.notes);
    const answer = await refresh(world.platform.issuer, { client_id: first.clientId } as never, first.refresh);
    const second = (await answer.json()) as { readonly access_token: string; readonly refresh_token: string };
    const other = await world.personToken(world.notes);
    expect([await statusOf(first.access), await statusOf(second.access_token)]).toEqual([0, 0]);
    await world.revoke(first.access, first.clientId);
    await dead(first.access);
    expect(await statusOf(second.access_token)).toBe(0);
    await world.revoke(second.refresh_token, first.clientId);
    await dead(second.access_token);
    expect(await statusOf(other.access)).toBe(0);
  });

  it("knows the broad ways to die: everything of a client, of a resource", async () => {
    const { admin } = world.platform;
    const person = await world.personToken(world.mail);
    await admin.call("POST", `/clients/${person.clientId}/suspend`, { reason: "x" });
    await dead(person.access);
    const machine = await world.token(world.mail);
    await admin.call("POST", `/resources/${world.mail.resource_id}/revoke-all`, { reason: "x" });
    await dead(machine);
    expect(await statusOf(await world.token(world.mail))).toBe(0);
  });

  it("is the same token again when its answer was lost (P4)", async () => {
    const { refresh: value, clientId } = await world.personToken(world.notes);
    const again = async () =>
      ((await (await refresh(world.platform.issuer, { client_id: clientId } as never, value)).json()) as { access_token: string })
        .access_token;
    expect(decodeJwt(await again())).toEqual(decodeJwt(await again()));
  });

  it("is public, may be kept a minute, and is signed for its own place", async () => {
    const { uri } = referenceOf(await world.token(world.notes));
    const response = await fetch(uri);
    expect(response.headers.get("cache-control")).toBe("public, max-age=60");
    expect(response.headers.get("access-control-allow-origin")).toBe("*");
    expect(decodeJwt(await response.text())).toMatchObject({ sub: uri, ttl: 60 });
  });

  it("that nobody ever wrote, one of the past, and another form of it are refused as the draft says (§8)", async () => {
    const { uri } = referenceOf(await world.token(world.notes));
    for (const name of ["g.0123456789abcdef", "abcdefgh-2026010101.0", "nonsense", "g.%2e%2e"])
      expect((await fetch(new URL(name, uri))).status).toBe(404);
    expect((await fetch(`${uri}?time=1686925000`)).status).toBe(501);
    expect((await fetch(uri, { headers: { accept: "application/statuslist+cwt" } })).status).toBe(406);
  });
});

describe("without the setting", () => {
  it("no token names a list, and there is none", async () => {
    const plain = await startValidatorWorld();
    expect(decodeJwt(await plain.token(plain.notes))).not.toHaveProperty("status");
    expect((await fetch(`${plain.platform.issuer}/status/g.0123456789abcdef`)).status).toBe(404);
    await plain.close();
  });
});

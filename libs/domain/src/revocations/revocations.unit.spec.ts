import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { catalogue } from "../catalogue/index.ts";
import type { AnyEventDefinitions } from "../kernel/index.ts";
import { classification, type Effect, revocationsOf, revocationTypes, takesAway } from "./index.ts";

const every = Object.entries<AnyEventDefinitions>(catalogue).flatMap(([stream, events]) =>
  Object.entries(events).map(([type, { version }]) => ({ stream, type, version })),
);

/** The frozen example of a type, as an event on a stream of its kind. */
function example({ stream, type, version }: (typeof every)[number]): { type: string; data: object } {
  const file = new URL(`../../fixtures/${stream}/${type}.v${version}.json`, import.meta.url);
  return JSON.parse(readFileSync(file, "utf8")) as { type: string; data: object };
}

describe("what an event takes away", () => {
  it("is said of every type in the catalogue, and of no other", () => {
    const types = (map: object) =>
      Object.fromEntries(Object.entries(map).map(([stream, events]) => [stream, Object.keys(events as object)]));
    expect(types(classification)).toEqual(types(catalogue));
  });

  it("is something for these and no others", () => {
    expect(every.filter(({ type }) => takesAway(type)).map(({ stream, type }) => `${stream}/${type}`)).toEqual([
      "grant/AccessTokenRevoked",
      "grant/GrantRevoked",
      "grant/GrantExpired",
      "token/AccessTokenRevoked",
      "client/ClientUpdated",
      "client/ClientSecretRetired",
      "client/ClientSuspended",
      "client/ClientDeleted",
      "client/RegistrationTokenRotated",
      "client/ClientGenerationRaised",
      "keyring/SigningKeyRetired",
      "keyring/SigningKeyRemoved",
      "keyring/SigningKeyCompromised",
      "resource/ScopesDefined",
      "resource/AccessPolicySet",
      "resource/TokenPolicySet",
      "resource/ResourceGenerationRaised",
      "resource/ResourceRemoved",
      "consent/ConsentNarrowed",
      "consent/ConsentWithdrawn",
      "subject/SubjectSeen",
      "subject/SubjectDisabled",
      "subject/GenerationRaised",
      "subject/SubjectErased",
      "flag/FlagDefined",
      "flag/FlagChanged",
      "server/ServerChanged",
      "server/ServerRemoved",
      "upstream/UpstreamRefreshFailed",
      "upstream/UpstreamRevoked",
      "bridge/RegistrationChanged",
      "bridge/RegistrationEnded",
    ]);
  });

  it("may be anything for a type nobody here knows", () => {
    for (const type of ["FromTheFuture", "constructor", ""]) expect(takesAway(type)).toBe(true);
  });
});

describe("what validators are told", () => {
  it("comes of every example of a type that kills, and of no other", () => {
    for (const one of every) {
      const told = revocationsOf(`${one.stream}-x`, example(one));
      const effects: Readonly<Record<string, Effect>> = classification[one.stream as keyof typeof classification];
      expect([one.type, told.length]).toEqual([one.type, typeof effects[one.type] === "function" ? 1 : 0]);
      expect(told.length > 0).toBe(revocationTypes.includes(one.type));
      if (told.length > 0) expect(takesAway(one.type)).toBe(true);
    }
  });

  it.each([
    ["grant-eu1a", "GrantRevoked", { reason: "admin" }, { kind: "grant", id: "eu1a", reason: "admin" }],
    ["grant-eu1a", "GrantExpired", { reason: "idle" }, { kind: "grant", id: "eu1a", reason: "expired-idle" }],
    ["grant-eu1a", "AccessTokenRevoked", { n: 2, jti: "eu1a.2", exp: 9 }, { kind: "token", id: "eu1a.2", reason: "token-revocation" }],
    ["token-w-1.2", "AccessTokenRevoked", { jti: "w-1.2", exp: 9, reason: "admin" }, { kind: "token", id: "w-1.2", reason: "admin" }],
    ["client-c-1", "ClientSuspended", { generation: 3, reason: "abuse" }, { kind: "client", id: "c-1", generation: 3, reason: "abuse" }],
    ["client-c-1", "ClientDeleted", { generation: 3, reason: "self" }, { kind: "client", id: "c-1", generation: 3, reason: "self" }],
    ["client-c-1", "ClientGenerationRaised", { generation: 1, reason: "x" }, { kind: "client", id: "c-1", generation: 1, reason: "x" }],
    ["keyring-eu1", "SigningKeyCompromised", { kid: "k1", reason: "leaked" }, { kind: "key", id: "k1", reason: "leaked" }],
    ["resource-r", "ResourceGenerationRaised", { generation: 1, reason: "x" }, { kind: "resource", id: "r", generation: 1, reason: "x" }],
    ["resource-r", "ResourceRemoved", { generation: 2 }, { kind: "resource", id: "r", generation: 2, reason: "resource-removed" }],
    ["consent-s-c-1", "ConsentWithdrawn", { generation: 1 }, { kind: "consent", id: "s-c-1", generation: 1, reason: "consent-withdrawn" }],
    ["subject-s", "SubjectDisabled", { generation: 1, reason: "left" }, { kind: "subject", id: "s", generation: 1, reason: "left" }],
    [
      "subject-s",
      "GenerationRaised",
      { of: "subject", generation: 1, reason: "x" },
      { kind: "subject", id: "s", generation: 1, reason: "x" },
    ],
    [
      "subject-s",
      "GenerationRaised",
      { of: "session", generation: 1, sessionId: "n", reason: "x" },
      { kind: "session", id: "n", reason: "x" },
    ],
    ["subject-s", "SubjectErased", { generation: 4 }, { kind: "subject", id: "s", generation: 4, reason: "subject-erased" }],
  ])("%s %s", (stream, type, data, revocation) => {
    expect(revocationsOf(stream, { type, data })).toEqual([revocation]);
  });

  it("is nothing for a code that was never redeemed, a session without a name, and what nobody here knows", () => {
    expect(revocationsOf("grant-a", { type: "GrantExpired", data: { reason: "code" } })).toEqual([]);
    expect(revocationsOf("subject-s", { type: "GenerationRaised", data: { of: "session", generation: 1, reason: "x" } })).toEqual([]);
    for (const stream of ["novelty-x", "grant", "", "constructor-x", "grant-x"])
      expect(revocationsOf(stream, { type: "hasOwnProperty", data: {} })).toEqual([]);
  });
});

// Real: SQLite event store in a temporary folder, the events of the domain. Fake: nothing.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { access, authorization, refresh } from "@grantline/domain/testing";
import { resourceStreamId } from "@grantline/oauth/context";
import { everyEvent, openRecordedLog, type RecordedLog } from "../fixtures/recorded-log.ts";
import { readQuery, type FilterName } from "./query.ts";
import { replay } from "./replay.ts";

let log: RecordedLog;
const NOTES = "https://notes.example/mcp";
const notes = resourceStreamId(NOTES);

beforeAll(async () => {
  log = await openRecordedLog();
  const operator = { actor: { kind: "operator", id: "boss" }, correlationId: "admin-1" } as const;
  await log.append(
    `resource-${notes}`,
    "2026-03-01T08:00:00.000Z",
    [{ type: "ResourceRegistered", data: { resourceId: notes, uri: NOTES, name: "Notes", clientId: "rs" } }],
    operator,
  );
  for (const who of ["ada", "bob"]) {
    await log.append(`consent-${who}-c1`, "2026-03-02T08:00:00.000Z", [
      { type: "ConsentGranted", data: { subject: who, clientId: "c1", scopes: { [notes]: ["read"] }, remember: true } },
    ]);
    await log.append(
      `grant-${who}`,
      "2026-03-02T08:00:01.000Z",
      [
        {
          type: "GrantAuthorized",
          data: authorization({
            subject: who,
            resources: [{ id: notes, uri: NOTES, scopes: ["read"] }],
            consent: { stream: `consent-${who}-c1`, revision: 0 },
          }),
        },
        { type: "CodeRedeemed", data: { access: access(0, { resource: notes, aud: NOTES }), refresh: refresh(0) } },
      ],
      { actor: { kind: "user", id: who } },
    );
  }
  await log.append("grant-ada", "2026-03-03T08:00:00.000Z", [
    { type: "RefreshTokenRotated", data: { access: access(1, { resource: notes, aud: NOTES }), refresh: refresh(1) } },
  ]);
  await log.append("consent-ada-c1", "2026-03-04T08:00:00.000Z", [{ type: "ConsentWithdrawn", data: { generation: 1 } }]);
  await log.append("grant-bob", "2026-03-05T08:00:00.000Z", [
    { type: "RefreshReuseDetected", data: { clientId: "c1", generation: 0 } },
    { type: "GrantRevoked", data: { reason: "refresh-reuse" } },
  ]);
});
afterAll(() => log.close());

const found = async (filters: Partial<Record<FilterName, string>>, options: Parameters<typeof replay>[2] = {}) => {
  const { pages } = await replay(log.store, readQuery(filters), options);
  const events: string[] = [];
  for await (const page of pages) for (const { stored } of page) events.push(`${stored.stream.slice(0, 12)} ${stored.type}`);
  return events;
};

describe("a replay", () => {
  it("without filters is the whole log in order of position, whatever the size of its pages", async () => {
    const whole = (await log.all()).map(({ stream, type }) => `${stream.slice(0, 12)} ${type}`);
    for (const page of [1, 3, 10, 1_000]) expect(await found({}, { page })).toEqual(whole);
  });

  it("of a person has what their grants and consents say without naming them", async () => {
    const ada = [
      "consent-ada- ConsentGranted",
      "grant-ada GrantAuthorized",
      "grant-ada CodeRedeemed",
      "grant-ada RefreshTokenRotated",
      "consent-ada- ConsentWithdrawn",
    ];
    for (const page of [1, 2, 1_000]) expect(await found({ subject: "ada" }, { page })).toEqual(ada);
    expect(await found({ subject: "nobody" })).toEqual([]);
  });

  it("of a resource, by URI or id, has its registration, consents, withdrawals and tokens", async () => {
    const all = await found({});
    expect(await found({ resource: NOTES })).toEqual(all);
    expect(await found({ resource: notes, type: "ConsentWithdrawn" })).toEqual(["consent-ada- ConsentWithdrawn"]);
    expect(await found({ resource: "https://other.example/mcp" })).toEqual([]);
  });

  it.each<[Partial<Record<FilterName, string>>, number]>([
    [{ client: "c1" }, 10],
    [{ client: "rs" }, 1],
    [{ actor: "operator" }, 1],
    [{ actor: "user:ada" }, 2],
    [{ actor: ":ada" }, 2],
    [{ correlation_id: "admin-1" }, 1],
    [{ correlation_id: "admin" }, 0],
    [{ type: "GrantAuthorized,GrantRevoked" }, 3],
    [{ outcome: "refused" }, 1],
    [{ outcome: "accepted" }, 10],
    [{ outcome: "refused", type: "GrantRevoked" }, 0],
    [{ stream: "grant-ada" }, 3],
    [{ grant: "bob" }, 4],
    [{ grant: "nobody" }, 0],
    [{ since: "2026-03-03" }, 4],
    [{ until: "2026-03-03" }, 7],
    [{ since: "2026-03-02T08:00:01Z", until: "2026-03-02T08:00:01.001Z" }, 4],
    [{ since: "2026-03-03T09:00:00+01:00" }, 4],
    [{ since: "2027-01-01" }, 0],
    [{ recorded_until: "2026-03-10" }, 0],
    [{ recorded_since: "2020-01-01" }, 11],
    [{ client: "c1", type: "GrantRevoked", since: "2026-03-05" }, 1],
  ])("by %j has %i events", async (filters, count) => {
    expect(await found(filters)).toHaveLength(count);
  });

  it("ends at the head it was pinned to, though the log goes on", async () => {
    const { head, pages } = await replay(log.store, {}, { page: 2 });
    const seen: string[] = [];
    for await (const page of pages) {
      await log.append("login-later", "2026-03-06T08:00:00.000Z", [{ type: "SubjectLinked", data: { subject: "eve" } }]);
      seen.push(...page.map(({ stored }) => stored.position));
    }
    expect(seen.at(-1)).toBe(head);
    expect(await found({ type: "SubjectLinked" }, { head })).toEqual([]);
    expect((await found({ type: "SubjectLinked" })).length).toBeGreaterThan(3);
  });

  it("tells how far it is", async () => {
    const told: string[] = [];
    const { pages, head } = await replay(
      log.store,
      { types: ["GrantRevoked"] },
      { onProgress: ({ position, events }) => told.push(`${position} ${events}`) },
    );
    for await (const _page of pages) continue;
    expect(told).toEqual([`${head} 1`]);
  });

  it("knows every type of the catalogue, and reads one of a newer release as it was written", async () => {
    const own = await openRecordedLog();
    for (const [index, { word, event }] of everyEvent().entries())
      await own.append(`${word}-x${index}`, "2026-03-01T00:00:00.000Z", [event]);
    await own.append("novelty-new", "2026-03-01T00:00:00.000Z", [{ type: "NoveltySeen", data: { name: "x" } }]);
    const { pages } = await replay(own.store, {}, { withOrigins: true });
    let last: unknown;
    for await (const page of pages) for (const event of page) last = [event.stored.type, event.read.unknown, event.data];
    expect(last).toEqual(["NoveltySeen", true, { name: "x" }]);
    await own.close();
  });
});

describe("filters", () => {
  it.each<[Partial<Record<FilterName, string>>, RegExp]>([
    [{ since: "yesterday" }, /^since: /],
    [{ until: "2026-13-01" }, /^until: /],
    [{ actor: "king:1" }, /^actor: .*operator/],
    [{ outcome: "maybe" }, /^outcome: .*refused/],
    [{ type: "a b" }, /^type: /],
    [{ subject: "" }, /^subject: /],
  ])("that mean nothing are refused: %j", (filters, message) => {
    expect(() => readQuery(filters)).toThrow(message);
  });
});

// Real: the endpoints, the decider, SQLite, a closed day of the log. Made: who asks. Fake: the clock.
import { segmentsDecider } from "@grantline/domain/segments";
import { createStreamRuntime } from "@grantline/event-store";
import { OAuthError } from "@grantline/oauth/errors";
import type { HttpRequest } from "@grantline/oauth/http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type AuditWorld, openAuditWorld } from "../fixtures/audit-world.ts";
import { holdEndpoints, type HoldsContext } from "./holds.endpoints.ts";

let world: AuditWorld;
let endpoints: ReturnType<typeof holdEndpoints>;

beforeAll(async () => {
  world = await openAuditWorld();
  await world.append("client-c", 5);
  world.clock.at += 86_400;
  await world.append("client-c", 1);
  await world.audit.grower?.catchUp();
  const holding =
    (...scopes: readonly string[]): HoldsContext["authenticate"] =>
    async ({ headers }) => {
      const scope = String(headers["authorization"] ?? "").slice("Bearer ".length);
      if (!scopes.includes(scope)) throw new OAuthError("insufficient_scope", "bearer-scope", "The scope does not open this.");
      return { sub: scope };
    };
  endpoints = holdEndpoints({
    segments: createStreamRuntime({ ...world, region: "eu1", service: "test" }).repository(segmentsDecider),
    region: "eu1",
    retention: 400 * 86_400,
    clock: world.clock,
    subjectKeys: world.subjectKeys,
    authenticate: holding("audit:read", "audit"),
    authenticateWriter: holding("audit"),
  });
});
afterAll(() => world.close());

async function call(method: string, path: string, body?: unknown, scope = "audit") {
  const params = path.endsWith("/lift") ? { hold: path.split("/")[4] ?? "" } : {};
  const wanted = path.endsWith("/lift") ? "/audit/v1/holds/:hold/lift" : path;
  const endpoint = endpoints.find((each) => each.method === method && each.path === wanted);
  const request: HttpRequest = {
    method,
    path,
    query: "",
    params,
    headers: { authorization: `Bearer ${scope}` },
    body: body === undefined ? undefined : typeof body === "string" ? body : JSON.stringify(body),
    ip: "127.0.0.1",
    correlationId: "c-1",
  };
  const answer = await endpoint!.handle(request);
  return { status: answer.status, body: JSON.parse(answer.body ?? "{}") as Record<string, unknown> };
}
const days = { from_day: "2026-03-01", until_day: "2026-03-31", reason: "Case 7" };

describe("legal holds over HTTP", () => {
  it("are placed, listed and lifted beside a running server; the day says so, and who did it is in the log", async () => {
    expect(await call("GET", "/audit/v1/days")).toMatchObject({ body: { items: [{ day: "2026-03-05", events: 6, status: "kept" }] } });
    const placed = await call("POST", "/audit/v1/holds", days);
    expect(placed).toMatchObject({ status: 201, body: { hold: expect.stringMatching(/^h-[0-9a-f]{12}$/) as string } });
    const hold = String(placed.body["hold"]);
    expect((await call("GET", "/audit/v1/holds", undefined, "audit:read")).body).toMatchObject({ items: [{ hold, reason: "Case 7" }] });
    expect((await call("GET", "/audit/v1/days")).body).toMatchObject({ items: [{ status: "held" }] });
    expect((await call("POST", `/audit/v1/holds/${hold}/lift`, { reason: "closed" })).status).toBe(200);
    expect((await call("GET", "/audit/v1/holds")).body).toEqual({ items: [] });
    const events = (await world.store.readStream("segments-eu1")).map(({ body }) => JSON.parse(body) as { type: string; meta: object });
    expect(events.filter(({ type }) => type.startsWith("LegalHold"))).toMatchObject([
      { type: "LegalHoldPlaced", meta: { actor: { kind: "operator", id: "audit" }, correlationId: "c-1" } },
      { type: "LegalHoldLifted" },
    ]);
  });

  it("are not for those who may only read, and refuse what they do not understand", async () => {
    await expect(call("POST", "/audit/v1/holds", days, "audit:read")).rejects.toMatchObject({ code: "insufficient_scope" });
    const wrong = [
      "no json",
      [],
      { ...days, from_day: "March" },
      { ...days, reason: " " },
      { ...days, more: 1 },
      { ...days, until_day: "2026-02-01" },
    ];
    for (const body of wrong) await expect(call("POST", "/audit/v1/holds", body)).rejects.toMatchObject({ status: 400 });
    await expect(call("POST", "/audit/v1/holds/h-none/lift", { reason: "x" })).rejects.toMatchObject({ status: 404 });
  });
});

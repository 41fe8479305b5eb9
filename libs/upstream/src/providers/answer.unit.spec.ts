import { describe, expect, it } from "vitest";
import { retryAfter, tokenAnswer } from "./answer.ts";

const json = (body: object, status = 200) => ({
  status,
  headers: { "content-type": "application/json; charset=utf-8" },
  text: JSON.stringify(body),
});
const form = (text: string) => ({ status: 200, headers: { "content-type": "application/x-www-form-urlencoded" }, text });
const read = async (exchanged: Parameters<typeof tokenAnswer>[0]) => {
  const answer = tokenAnswer(exchanged);
  return { status: answer.status, body: (await answer.json()) as unknown };
};

describe("a token endpoint's answer", () => {
  it("is JSON, whatever it was", async () => {
    expect(await read(form("access_token=a&scope=repo%2Cgist&token_type=bearer&expires_in=28800"))).toEqual({
      status: 200,
      body: { access_token: "a", scope: "repo,gist", token_type: "bearer", expires_in: 28_800 },
    });
  });

  it("is an error when it says so, with whatever status, in the standard's words where GitHub has its own", async () => {
    expect(await read(form("error=bad_refresh_token&error_description=The+refresh+token+passed+is+incorrect"))).toMatchObject({
      status: 400,
      body: { error: "invalid_grant" },
    });
    expect(await read(json({ error: "invalid_client" }, 401))).toEqual({ status: 401, body: { error: "invalid_client" } });
  });

  it("loses nulls, empty members and who the person is", async () => {
    expect(await read(json({ access_token: "a", refresh_token: null, scope: "", id_token: "x.y.z", expires_in: "60" }))).toEqual({
      status: 200,
      body: { access_token: "a", expires_in: 60 },
    });
  });

  it.each([
    ["a web page", { status: 200, headers: { "content-type": "text/html" }, text: "<p>" }, "answer-unreadable"],
    ["broken JSON", { status: 200, headers: { "content-type": "application/json" }, text: "{" }, "answer-unreadable"],
    ["a list", { status: 200, headers: { "content-type": "application/json" }, text: "[]" }, "answer-unreadable"],
    ["an outage", { status: 502, headers: {}, text: "" }, "server-error"],
    ["too much", { status: 429, headers: { "retry-after": "7" }, text: "" }, "rate-limited"],
  ])("that is %s says nothing of the request, and is no end of anything", (_what, exchanged, reason) => {
    expect(() => tokenAnswer(exchanged)).toThrow(expect.objectContaining({ kind: "transient", reason }) as Error);
  });

  it("may say when to come back, in seconds or by date", () => {
    expect(retryAfter({ "retry-after": "120" })).toBe(120);
    expect(retryAfter({ "retry-after": "Tue, 01 Dec 2026 00:01:00 GMT" }, Date.parse("2026-12-01T00:00:00Z"))).toBe(60);
    expect(retryAfter({ "retry-after": "Tue, 01 Dec 2026 00:00:00 GMT" }, Date.parse("2026-12-02T00:00:00Z"))).toBe(0);
    for (const text of [undefined, "soon", "-1", "1e9"])
      expect(retryAfter(text === undefined ? {} : { "retry-after": text })).toBeUndefined();
  });
});

import { defaultSetting, evaluateFlag, type FlagName, type FlagSetting } from "@grantline/domain/flag";
import type { FeatureFlags } from "@grantline/oauth/context";
import { OAuthError } from "@grantline/oauth/errors";
import type { Endpoint, HttpRequest } from "@grantline/oauth/http";
import { describe, expect, it } from "vitest";
import { behindSwitches } from "./bridge-switches.ts";

const IDS = [
  "bridge-register",
  "bridge-registration-read",
  "bridge-registration-delete",
  "bridge-authorize",
  "bridge-token",
  "bridge-metadata",
];
const endpoint = (id: string): Endpoint => ({
  id,
  method: id === "bridge-authorize" ? "GET" : "POST",
  path: `/${id}`,
  audience: "program",
  ...(id === "bridge-token" ? { accepts: "form" } : {}),
  handle: () => ({ status: 200 }),
});
const request = (more: Partial<HttpRequest> = {}): HttpRequest => ({
  method: "POST",
  path: "/",
  query: "",
  params: {},
  headers: {},
  body: undefined,
  ip: "192.0.2.1",
  correlationId: "c-1",
  ...more,
});
const flagsWith = (settings: Partial<Record<FlagName, Partial<FlagSetting>>>): FeatureFlags => {
  const evaluate: FeatureFlags["evaluate"] = (flag, about = {}) =>
    evaluateFlag({ ...defaultSetting(flag), ...settings[flag] }, about, () => 50);
  return { evaluate, enabled: (flag, about) => evaluate(flag, about).on };
};

/** Ids and the status each is answered with. */
async function answers(flags: FeatureFlags, directory: "entra" | "rfc7591" = "entra", asked = request()) {
  const endpoints = behindSwitches(IDS.map(endpoint), flags, directory);
  return Object.fromEntries(
    await Promise.all(
      endpoints.map(async ({ id, handle }) => {
        try {
          return [id, (await handle(asked)).status];
        } catch (error) {
          if (!(error instanceof OAuthError)) throw error;
          return [id, error.status];
        }
      }),
    ),
  ) as Record<string, number>;
}
const open = Object.fromEntries(IDS.map((id) => [id, 200]));

describe("the bridge's switches", () => {
  it("let everything pass while nobody has touched them", async () => {
    expect(await answers(flagsWith({}))).toEqual(open);
  });

  it("shut registration and leave reading, removing and logging in open", async () => {
    expect(await answers(flagsWith({ "bridge.registration": { enabled: false } }))).toEqual({ ...open, "bridge-register": 503 });
    expect(await answers(flagsWith({ "bridge.registration": { providers: { entra: 0 } } }))).toEqual({ ...open, "bridge-register": 503 });
    expect(await answers(flagsWith({ "bridge.registration": { providers: { entra: 0 } } }), "rfc7591")).toEqual(open);
  });

  it("of Entra are none of another directory's", async () => {
    const flags = flagsWith({ "bridge.entra": { enabled: false } });
    expect(await answers(flags)).toEqual({ ...open, "bridge-register": 503 });
    expect(await answers(flags, "rfc7591")).toEqual(open);
  });

  it("shut the facade for all, or for one client by its name", async () => {
    expect(await answers(flagsWith({ "bridge.facade": { enabled: false } }))).toEqual({
      ...open,
      "bridge-authorize": 503,
      "bridge-token": 503,
    });
    const one = flagsWith({ "bridge.facade": { clients: { on: [], off: ["c1"] } } });
    expect(await answers(one, "entra", request({ query: "client_id=c1", body: "client_id=c1" }))).toEqual({
      ...open,
      "bridge-authorize": 403,
      "bridge-token": 403,
    });
    expect(await answers(one, "entra", request({ query: "client_id=c2", body: "client_id=c2" }))).toEqual(open);
  });
});

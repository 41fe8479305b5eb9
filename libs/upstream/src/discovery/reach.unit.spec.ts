import { createSafeFetch, namedPlaces, OutboundError, type Resolve, type SafeExchange } from "@grantline/oauth/outbound";
import { describe, expect, it } from "vitest";
import { reachOf } from "./reach.ts";

const clock = { now: () => 0 };
const exchange: SafeExchange = () => Promise.reject(new Error("named places too"));
const outward: SafeExchange = () => Promise.reject(new Error("outside alone"));

/** The ways of a gateway whose operator named these places. */
function ways(named: readonly string[], addresses: Readonly<Record<string, string>>) {
  const resolve: Resolve = (host) => Promise.resolve([{ address: addresses[host] ?? "93.184.216.34", family: 4 }]);
  const rules = { allowInsecureLoopback: false, resolve, clock };
  return {
    fetcher: createSafeFetch({ ...rules, named: namedPlaces(named) }),
    exchange,
    outside: { fetcher: createSafeFetch(rules), exchange: outward },
  };
}

describe("what a server's word reaches", () => {
  it("is nothing an operator named of our own network, for a server outside it", async () => {
    const reach = await reachOf(ways(["keycloak.corp.example", "10.0.0.0/8"], {}), "https://notes.example/mcp");
    expect(reach.exchange).toBe(outward);
    for (const place of ["https://10.0.0.5/x", "http://keycloak.corp.example/x"])
      await expect(reach.fetcher.check(place)).rejects.toThrow(OutboundError);
  });

  it("is what was named too, for a server that was itself, by its name or its network", async () => {
    const addresses = { "notes.corp.example": "10.0.0.7" };
    for (const named of [["notes.corp.example"], ["10.0.0.0/8"]])
      expect((await reachOf(ways(named, addresses), "https://notes.corp.example/mcp")).exchange).toBe(exchange);
  });

  it("does not grow when its name suddenly leads to a host of ours that was named by another name", async () => {
    const turned = ways(["keycloak.corp.example"], { "notes.example": "10.0.0.5" });
    expect((await reachOf(turned, "https://notes.example/mcp")).exchange).toBe(outward);
  });

  it("is not judged while its name can't be resolved", async () => {
    const resolve: Resolve = () => Promise.reject(new Error("the resolver is away"));
    const fetcher = createSafeFetch({ allowInsecureLoopback: false, resolve, clock });
    const away = reachOf({ fetcher, exchange, outside: { fetcher, exchange: outward } }, "https://notes.example/mcp");
    await expect(away).rejects.toMatchObject({ kind: "transient" });
  });
});

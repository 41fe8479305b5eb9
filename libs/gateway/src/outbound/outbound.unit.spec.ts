import { createServer, type AddressInfo } from "node:net";
import { describe, expect, it } from "vitest";
import { bridgeEnvironment } from "../bridge/environment.ts";
import { createAdmission } from "./admission.ts";
import { backHeaders, onwardHeaders } from "./headers.ts";
import { retryAfterMs } from "./repeat.ts";
import { createOutbound } from "./send.ts";

describe("where the gateway may connect to", () => {
  const production = createAdmission({ privateUpstreams: [], allowLoopback: false });
  const development = createAdmission({ privateUpstreams: [], allowLoopback: true });
  const named = createAdmission({ privateUpstreams: ["10.1.0.0/16", "mcp.corp", "192.168.7.7", "fd00:1::/32"], allowLoopback: false });
  const admits = (admission: typeof production, host: string, address: string, plain = false): boolean =>
    admission.admits({ host, address, plain });

  it("is what is public, over https", () => {
    expect(admits(production, "mcp.example", "93.184.216.34")).toBe(true);
    expect(admits(production, "mcp.example", "93.184.216.34", true)).toBe(false);
    for (const inside of ["127.0.0.1", "10.1.2.3", "169.254.169.254", "192.168.7.7", "::1", "fd00:1::1", "::ffff:10.1.2.3", "0.0.0.0"]) {
      expect([inside, admits(production, "mcp.example", inside)]).toEqual([inside, false]);
      expect([inside, admits(development, "mcp.example", inside)]).toEqual([inside, false]);
    }
  });

  it("in development is this machine too, by its own names", () => {
    for (const host of ["localhost", "127.0.0.1", "::1"])
      expect(admits(development, host, host === "::1" ? "::1" : "127.0.0.1", true)).toBe(true);
    expect(admits(development, "localhost", "10.1.2.3", true)).toBe(false);
    expect(admits(production, "localhost", "127.0.0.1")).toBe(false);
  });

  it("is what of our own network the operator named, and nothing beside it", () => {
    expect(admits(named, "x", "10.1.255.1", true)).toBe(true);
    expect(admits(named, "x", "10.2.0.1", true)).toBe(false);
    expect(admits(named, "MCP.corp", "172.16.0.1", true)).toBe(true);
    expect(admits(named, "other.corp", "172.16.0.1", true)).toBe(false);
    expect(admits(named, "x", "192.168.7.7")).toBe(true);
    expect(admits(named, "x", "fd00:1::5")).toBe(true);
  });
});

describe("headers", () => {
  it("go on only as far as MCP is made of them, mirrors only where they were checked", () => {
    const headers = {
      accept: "a",
      "mcp-name": "n",
      "mcp-param-region": "r",
      "mcp-session-id": "s",
      authorization: "Bearer x",
      cookie: "c",
      te: "trailers",
      "last-event-id": "7",
    };
    const own = { "user-agent": "grantline-gateway", "accept-encoding": "identity" };
    expect(onwardHeaders({ headers }, { checked: false })).toEqual({ ...own, accept: "a", "last-event-id": "7" });
    expect(onwardHeaders({ headers }, { checked: true })).toEqual({
      ...own,
      accept: "a",
      "last-event-id": "7",
      "mcp-name": "n",
      "mcp-param-region": "r",
    });
  });

  it("come back without anything for our origin", () => {
    expect(backHeaders({ "content-type": "application/json", "set-cookie": ["a"], location: "/", "mcp-session-id": "theirs" })).toEqual({
      "cache-control": "no-store",
      "content-type": "application/json",
    });
  });
});

describe("the way to servers", () => {
  it("has room for a call however many streams are open: nobody waits for other people's", async () => {
    const server = createServer((socket) => {
      socket.on("error", () => undefined);
      socket.once("data", () => socket.write("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const outbound = createOutbound({ privateUpstreams: [], allowLoopback: true });
    const gone = AbortSignal.timeout(20_000);
    const ask = () =>
      outbound.send({
        url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`,
        method: "GET",
        headers: {},
        timeoutMs: 20_000,
        gone,
      });
    try {
      const open = await Promise.all(Array.from({ length: 300 }, ask));
      expect(open.map(({ statusCode }) => statusCode)).toEqual(Array.from({ length: 300 }, () => 200));
      for (const { body } of open) body.on("error", () => undefined).destroy();
    } finally {
      await outbound.close();
      server.close();
    }
  });
});

describe("Retry-After", () => {
  it("is seconds or a date, or not understood", () => {
    const now = Date.parse("2026-11-30T00:00:00Z");
    expect(
      ["0", "120", "Mon, 30 Nov 2026 00:00:05 GMT", "Mon, 30 Nov 2020 00:00:00 GMT", "soon", undefined, "-1x"].map((each) =>
        retryAfterMs(each, now),
      ),
    ).toEqual([0, 120_000, 5_000, 0, undefined, undefined, undefined]);
  });
});

describe("the environment of a stdio server", () => {
  it("has what is named, and never ours or what loads code", () => {
    const ours = { API_KEY: "1", GRANTLINE_KEK: "2", grantline_x: "3", NODE_OPTIONS: "4", LD_PRELOAD: "5", OTHER: "6", "odd name": "7" };
    expect(
      bridgeEnvironment(["API_KEY", "GRANTLINE_KEK", "grantline_x", "NODE_OPTIONS", "LD_PRELOAD", "MISSING", "odd name"], ours),
    ).toEqual({ API_KEY: "1" });
  });
});

// Real: processes. They answer nothing: what is looked at is how many there may be.
import type { GatewayServer } from "@grantline/upstream";
import { afterEach, describe, expect, it } from "vitest";
import { createProcesses, type Processes } from "./processes.ts";

const server: GatewayServer = {
  name: "idle",
  provider: "custom",
  authorization: "none",
  scopes: [],
  policy: {},
  stdio: { command: process.execPath, args: ["-e", "process.stdin.resume()"], env: [] },
};
let processes: Processes;
afterEach(() => processes.close());

describe("programs of stdio servers", () => {
  it("are four of one person at most, also when they are asked for all at once: there is room for others", async () => {
    processes = createProcesses({ commands: [process.execPath], mostProcesses: 6 });
    const mine = await Promise.all(Array.from({ length: 10 }, () => processes.begin(server, "idle alice")));
    expect(mine.every((begun) => begun !== undefined)).toBe(true);
    expect(await processes.begin(server, "idle bob")).toBeDefined();
    expect(await processes.begin(server, "idle bob")).toBeDefined();
  }, 60_000);
});

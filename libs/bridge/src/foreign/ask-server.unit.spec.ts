import { expect, it } from "vitest";
import type { Fetch } from "../fetch.port.ts";
import { TargetUnavailable } from "../target.port.ts";
import { askServer } from "./ask-server.ts";

it("a server that says not now is asked again after a pause, whatever it says of how long", async () => {
  for (const retryAfter of ["0", "", "99999999999", "soon", "-1"]) {
    let asked = 0;
    const busy: Fetch = async () => {
      asked += 1;
      return new Response("", { status: 503, headers: { "retry-after": retryAfter } });
    };
    const run = { signal: AbortSignal.timeout(300), hand: new Map<string, string>(), correlationId: "t" };
    const answer = askServer(busy, run, { url: "https://as.example/reg", method: "POST", body: {} });
    await expect(answer).rejects.toThrow(TargetUnavailable);
    expect([retryAfter, asked]).toEqual([retryAfter, 1]);
  }
});

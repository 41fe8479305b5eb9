import { rmSync } from "node:fs";
import { keptBy, onSharedEngines, secretScan } from "@grantline/testing";
import { describe, expect, it } from "vitest";
import type { World } from "./world.ts";

/** Last tests of every file: what strangers did was counted, and nothing of what went over the wire is in logs, metrics or files. */
export function afterwards(world: () => World): void {
  describe("afterwards", () => {
    it("every refusal is in the security log, by its reason", async () => {
      const { server, refusals } = world();
      // Cases move the clock without asking for anything afterwards; with a request the server has looked at it again.
      await fetch(server.origin);
      await (server.context.security as unknown as { flush(): Promise<void> }).flush();
      const seen = new Set<string>();
      for (let after = "0"; ;) {
        const events = await server.context.store.readAll(after, 1000);
        for (const event of events)
          if (event.stream.startsWith("security-")) seen.add((JSON.parse(event.body) as { data: { reason: string } }).data.reason);
        const last = events.at(-1);
        if (last === undefined || events.length < 1000) break;
        after = last.position;
      }
      expect([...refusals].filter((reason) => !seen.has(reason))).toEqual([]);
    });

    it("H-06 no code, token, secret, verifier, cookie, assertion or password is in logs, metrics, events or read models", async () => {
      const { server, watch } = world();
      const metrics = await (await fetch(`${server.origin}/metrics`)).text();
      await server.close({ keepData: true });
      watch.stop();
      try {
        expect(watch.secrets.size).toBeGreaterThan(5);
        const kept = onSharedEngines ? await (await keptBy(server.dataDir)).texts() : {};
        const texts = { logs: server.logs(), metrics, ...kept };
        expect(secretScan({ secrets: watch.secrets, texts, dataDir: server.dataDir })).toEqual([]);
      } finally {
        rmSync(server.dataDir, { recursive: true, force: true });
      }
    });
  });
}

import { Agent, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { createHttpServer } from "@grantline/http";
import { describe, expect, it } from "vitest";
import { drainConnections } from "./drain.ts";

// Real: HTTP over kept-alive connections, Fastify as the services configure it. Made: the work of a request, a pause.
const WORK_MS = 20;

async function serve() {
  const fastify = createHttpServer({ trustedProxies: [] });
  fastify.get("/", async () => {
    await sleep(WORK_MS);
    return "done";
  });
  await fastify.listen({ port: 0, host: "127.0.0.1" });
  const server = fastify.server as Server;
  return {
    server,
    port: (server.address() as AddressInfo).port,
    drain: (seconds = 5) => drainConnections(server, seconds, () => fastify.close()),
  };
}

/** "done", another status, or the code of what happened to the connection. */
function ask(port: number, agent: Agent): Promise<string> {
  return new Promise((resolve) => {
    const asked = request({ host: "127.0.0.1", port, agent }, (response) => {
      response.resume();
      response.once("end", () => resolve(response.statusCode === 200 ? "done" : String(response.statusCode)));
    });
    asked.once("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    asked.end();
  });
}

describe("draining", () => {
  it("answers every request that reached it over connections that were kept alive, and takes no new ones at the end", async () => {
    const { port, drain } = await serve();
    const agent = new Agent({ keepAlive: true, maxSockets: 8 });
    const outcomes: string[] = [];
    let over = false;
    const load = Array.from({ length: 16 }, async () => {
      while (!over) {
        const outcome = await ask(port, agent);
        outcomes.push(outcome);
        // nothing was read of it: a proxy hands it to the next instance
        if (outcome === "ECONNREFUSED") return;
      }
    });
    while (outcomes.length < 32) await sleep(10);
    await drain();
    over = true;
    await Promise.all(load);
    agent.destroy();
    expect(outcomes.filter((outcome) => outcome !== "done" && outcome !== "ECONNREFUSED")).toEqual([]);
    expect(outcomes.filter((outcome) => outcome === "done").length).toBeGreaterThan(16);
  });

  it("does not wait when nobody is connected", async () => {
    const { drain } = await serve();
    const began = performance.now();
    await drain();
    expect(performance.now() - began).toBeLessThan(300);
  });

  it("ends for the connections that nobody uses", async () => {
    const { port, drain } = await serve();
    const agent = new Agent({ keepAlive: true });
    expect(await ask(port, agent)).toBe("done");
    const began = performance.now();
    await drain();
    expect(performance.now() - began).toBeLessThan(3_000);
    agent.destroy();
  });
});

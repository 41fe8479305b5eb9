import { Agent, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { createHttpServer } from "@grantline/http";
import { describe, expect, it } from "vitest";
import { drainConnections } from "./drain.ts";

// Real: HTTP over kept-alive connections, Fastify as the services configure it. Made: the work of a request, a pause.
const WORK_MS = 20;

/** A notice that tests must not wait for: who waits for its end has waited for too much. */
const LONG_MS = 60_000;

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
    drain: (noticeMs = 1_000) => drainConnections(server, noticeMs, () => fastify.close()),
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
  it("answers every request of a proxy that keeps connections and hears of it late, and ends", async () => {
    const { port, drain } = await serve();
    const agent = new Agent({ keepAlive: true, maxSockets: 8 });
    const outcomes: string[] = [];
    let heard = false;
    const load = Array.from({ length: 16 }, async () => {
      while (!heard) outcomes.push(await ask(port, agent));
    });
    while (outcomes.length < 32) await sleep(10);
    const before = outcomes.length;
    const drained = drain(LONG_MS);
    while (outcomes.length <= before + 16) await sleep(10);
    heard = true;
    await Promise.all([...load, drained]);
    agent.destroy();
    expect(outcomes.filter((outcome) => outcome !== "done")).toEqual([]);
    expect(await ask(port, new Agent())).toBe("ECONNREFUSED");
  });

  it("without notice ends at once", async () => {
    const { port, drain } = await serve();
    const agent = new Agent({ keepAlive: true });
    expect(await ask(port, agent)).toBe("done");
    const began = performance.now();
    await drain(0);
    expect(performance.now() - began).toBeLessThan(LONG_MS / 2);
    agent.destroy();
  });

  it("does not wait when nobody is connected", async () => {
    const { drain } = await serve();
    const began = performance.now();
    await drain(LONG_MS);
    expect(performance.now() - began).toBeLessThan(LONG_MS / 2);
  });

  it("ends for the connections that nobody uses", async () => {
    const { port, drain } = await serve();
    const agent = new Agent({ keepAlive: true });
    expect(await ask(port, agent)).toBe("done");
    const began = performance.now();
    await drain();
    expect(performance.now() - began).toBeLessThan(LONG_MS / 2);
    agent.destroy();
  });
});

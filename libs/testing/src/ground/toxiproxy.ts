import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { freePort } from "../free-port.ts";

const BUILT = join(process.env["GRANTLINE_GROUND"] ?? join(homedir(), ".cache", "grantline-ground"), "bin", "toxiproxy-server");
const READY_MS = 90_000;

/** One connection's way, which can be cut, slowed and led elsewhere while it is in use. Addresses are of 127.0.0.1. */
export interface FaultLink {
  readonly name: string;
  /** Where clients connect. */
  readonly port: number;
  /** Nothing arrives any more, in both directions or one, and nobody is told: as when a cable is pulled. New connections hang too. */
  cut(direction?: "requests" | "answers"): Promise<void>;
  /** Every packet of answers comes later, by so many milliseconds give or take the jitter. */
  slow(latencyMs: number, jitterMs: number): Promise<void>;
  /** Connections are closed, and new ones refused: as when the process is gone. */
  refuse(): Promise<void>;
  /** Leads new connections to another port and ends those there are. */
  leadTo(port: number): Promise<void>;
  /** As it was. */
  heal(): Promise<void>;
}

export interface Toxiproxy {
  /** `listen`: a port of one's own choice. */
  link(name: string, upstreamPort: number, listen?: number): Promise<FaultLink>;
  stop(): Promise<void>;
}

/** Named by GRANTLINE_TEST_TOXIPROXY, or brought before (tools/ground). Undefined: skip by name. */
export function toxiproxyBinary(): string | undefined {
  const binary = process.env["GRANTLINE_TEST_TOXIPROXY"] ?? BUILT;
  return existsSync(binary) ? binary : undefined;
}

/** Starts a real toxiproxy. `seed`: of its jitter. */
export async function startToxiproxy({ seed = 1 }: { readonly seed?: number } = {}): Promise<Toxiproxy> {
  const binary = toxiproxyBinary();
  if (binary === undefined) throw new Error("no toxiproxy here: GRANTLINE_TEST_TOXIPROXY names no binary");
  const port = await freePort();
  const child = spawn(binary, ["-host", "127.0.0.1", "-port", String(port), "-seed", String(seed)], { stdio: "ignore" });
  const lastly = (): void => void child.kill("SIGKILL");
  process.once("exit", lastly);
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const api = `http://127.0.0.1:${port}`;
  await answering(api);
  return {
    link: (name, upstreamPort, listen) => openLink(api, name, upstreamPort, listen),
    async stop() {
      process.off("exit", lastly);
      child.kill("SIGKILL");
      await ended;
    },
  };
}

async function openLink(api: string, name: string, upstreamPort: number, listen?: number): Promise<FaultLink> {
  const port = listen ?? (await freePort());
  const own = `/proxies/${name}`;
  await ask(api, "POST", "/proxies", { name, listen: `127.0.0.1:${port}`, upstream: `127.0.0.1:${upstreamPort}`, enabled: true });
  const toxics = new Set<string>();
  const toxic = async (type: string, stream: "upstream" | "downstream", attributes: object): Promise<void> => {
    toxics.add(`${type}-${stream}`);
    await ask(api, "POST", `${own}/toxics`, { name: `${type}-${stream}`, type, stream, attributes });
  };
  return {
    name,
    port,
    async cut(direction) {
      // a timeout of 0 never closes: data just stops
      if (direction !== "answers") await toxic("timeout", "upstream", { timeout: 0 });
      if (direction !== "requests") await toxic("timeout", "downstream", { timeout: 0 });
    },
    slow: (latency, jitter) => toxic("latency", "downstream", { latency, jitter }),
    refuse: () => ask(api, "POST", own, { enabled: false }),
    leadTo: async (to) => {
      await ask(api, "POST", own, { enabled: false });
      await ask(api, "POST", own, { upstream: `127.0.0.1:${to}`, enabled: true });
    },
    async heal() {
      for (const one of toxics) await ask(api, "DELETE", `${own}/toxics/${one}`);
      toxics.clear();
      await ask(api, "POST", own, { enabled: true });
    },
  };
}

async function ask(api: string, method: string, path: string, body?: object): Promise<void> {
  const response = await fetch(`${api}${path}`, { method, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
  const text = await response.text();
  if (!response.ok) throw new Error(`toxiproxy: ${method} ${path}: ${response.status} ${text}`);
}

async function answering(api: string): Promise<void> {
  const until = performance.now() + READY_MS;
  for (;;) {
    const answer = await fetch(`${api}/version`).catch(() => undefined);
    await answer?.body?.cancel();
    if (answer?.ok === true) return;
    if (performance.now() > until) throw new Error(`toxiproxy did not start within ${READY_MS} ms`);
    await pause(20);
  }
}

import { randomUUID } from "node:crypto";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import type { GatewayServer } from "@grantline/upstream";
import { bridgeEnvironment } from "./environment.ts";

/** One session of one user: a process, and the HTTP side it is spoken to through. */
export interface BridgedSession {
  readonly owner: string;
  readonly http: StreamableHTTPServerTransport;
}

export interface Processes {
  /** Starts the server's program for a new session; undefined when there is no room. */
  begin(server: GatewayServer, owner: string): Promise<BridgedSession | undefined>;
  find(id: string): BridgedSession | undefined;
  close(): Promise<void>;
}

export interface ProcessesOptions {
  readonly commands: readonly string[];
  readonly idleMs?: number;
  readonly mostProcesses?: number;
}

const IDLE_MS = 10 * 60_000;
const MOST = 64;
const MOST_OF_ONE_OWNER = 4;
const MESSAGE_BYTES = 8_388_608;

interface Running extends BridgedSession {
  usedMs: number;
  id: string | undefined;
  readonly end: () => Promise<void>;
}

/** A process for each session (a server over stdio knows one client). It ends with the session, after idle time, and with this process. */
export function createProcesses({ idleMs = IDLE_MS, mostProcesses = MOST }: ProcessesOptions): Processes {
  const running = new Set<Running>();
  const sweep = setInterval(
    () => {
      for (const one of running) if (performance.now() - one.usedMs > idleMs) void one.end();
    },
    Math.min(idleMs, 10_000),
  ).unref();

  /** The one that was used longest ago first. */
  const ofOwner = (owner: string): readonly Running[] =>
    [...running].filter((one) => one.owner === owner).toSorted((a, b) => a.usedMs - b.usedMs);

  return {
    async begin(server, owner) {
      // counted anew after each wait: others of the same owner may have begun meanwhile
      for (let own = ofOwner(owner); own.length >= MOST_OF_ONE_OWNER; own = ofOwner(owner)) await own[0]?.end();
      if (running.size >= mostProcesses || server.stdio === undefined) return undefined;
      const { command, args, env } = server.stdio;
      // the SDK spawns without a shell: arguments stay arguments
      const child = new StdioClientTransport({
        command,
        args: [...args],
        env: bridgeEnvironment(env),
        stderr: "ignore",
        maxBufferSize: MESSAGE_BYTES,
      });
      const one: Running = {
        owner,
        usedMs: performance.now(),
        id: undefined,
        http: new StreamableHTTPServerTransport({
          sessionIdGenerator: randomUUID,
          onsessioninitialized: (id) => void (one.id = id),
          onsessionclosed: () => one.end(),
        }),
        end: async () => {
          if (!running.delete(one)) return;
          await Promise.allSettled([child.close(), one.http.close()]);
        },
      };
      running.add(one);
      try {
        await join(one, child);
      } catch (error) {
        await one.end();
        throw error;
      }
      return one;
    },
    find(id) {
      for (const one of running) {
        if (one.id !== id) continue;
        one.usedMs = performance.now();
        return one;
      }
      return undefined;
    },
    async close() {
      clearInterval(sweep);
      await Promise.all([...running].map((one) => one.end()));
    },
  };
}

/** What comes in on one side goes out on the other. */
async function join(one: Running, child: StdioClientTransport): Promise<void> {
  const { http } = one;
  http.onmessage = (message) => {
    one.usedMs = performance.now();
    child.send(message).catch(() => one.end());
  };
  child.onmessage = (message) => {
    one.usedMs = performance.now();
    // to a request whose client has gone there is nobody to answer
    http.send(message).catch(() => undefined);
  };
  child.onclose = () => void one.end();
  child.onerror = () => void one.end();
  await http.start();
  await child.start();
}

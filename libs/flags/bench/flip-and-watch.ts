import { setTimeout as pause } from "node:timers/promises";
import type { TestAdmin } from "@grantline/testing";
import { request } from "undici";

const FLAG = "gateway.calls";
const REQUESTS_AT_ONCE = 3;
/** Twice what a switch may take, so that one who is too late is seen. */
const WATCH_MS = 2_000;
/** Between two flips, so that they don't fall at the same moment of whatever looks at intervals. */
const PAUSE_UP_TO_MS = 400;

/** Milliseconds since the switch was thrown. */
export interface Flip {
  readonly answeredMs: number;
  /** When the last request that was still served got its answer. */
  readonly lastServedMs: number;
  readonly requests: number;
}

interface Watched {
  readonly admin: TestAdmin;
  /** The same server behind the gateway, at each instance. */
  readonly urls: readonly string[];
  /** As clients name it. */
  readonly host: string;
  readonly token: string;
  readonly flips: number;
}

/** Throws the switch and takes it back, again and again, while every instance is called without pause. */
export async function flipAndWatch({ admin, urls, host, token, flips }: Watched): Promise<readonly Flip[]> {
  const traffic = startTraffic(urls, host, token);
  const seen: Flip[] = [];
  try {
    await admin.token();
    for (let n = 0; n < flips; n += 1) {
      await traffic.untilAllServe();
      await pause(Math.random() * PAUSE_UP_TO_MS);
      const [before, began] = [traffic.requests(), performance.now()];
      await admin.call("PUT", `/flags/${FLAG}`, { enabled: false, reason: "measuring" });
      const answeredMs = performance.now() - began;
      await pause(WATCH_MS);
      if (!traffic.allRefuse()) throw new Error(`somebody was still served ${WATCH_MS} ms after the switch was thrown`);
      seen.push({ answeredMs, lastServedMs: traffic.lastServedAt() - began, requests: traffic.requests() - before });
      await admin.call("PUT", `/flags/${FLAG}`, { reason: "measuring" });
    }
  } finally {
    await traffic.stop();
  }
  return seen;
}

const CALL = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/call", params: { name: "echo", arguments: {} } });

async function isServed(url: string, host: string, token: string): Promise<boolean> {
  const accept = "application/json, text/event-stream";
  const headers = { host, accept, "content-type": "application/json", authorization: `Bearer ${token}` };
  const { statusCode, body } = await request(url, { method: "POST", headers, body: CALL });
  const said = await body.text();
  if (statusCode === 200 && said.includes('"result"')) return true;
  if (statusCode === 503 && said.includes(FLAG)) return false;
  throw new Error(`${url}: ${statusCode} ${said}`);
}

/** Calls a tool; who is served and who is turned away is what counts. */
function startTraffic(urls: readonly string[], host: string, token: string) {
  let running = true;
  let servedAt = 0;
  let requests = 0;
  const last = new Map<string, boolean>();
  const call = async (caller: string, url: string): Promise<void> => {
    while (running) {
      const served = await isServed(url, host, token);
      requests += 1;
      if (served) servedAt = performance.now();
      last.set(caller, served);
    }
  };
  const callers = urls.flatMap((url) => Array.from({ length: REQUESTS_AT_ONCE }, (_, n) => call(`${url} ${n}`, url)));
  const failed = Promise.all(callers);
  // told by `stop`, and by whatever waits
  failed.catch(() => undefined);
  return {
    requests: () => requests,
    lastServedAt: () => servedAt,
    allRefuse: () => last.size === callers.length && ![...last.values()].includes(true),
    async untilAllServe(): Promise<void> {
      while (last.size < callers.length || [...last.values()].includes(false)) await Promise.race([pause(20), failed]);
    },
    async stop(): Promise<void> {
      running = false;
      await failed;
    },
  };
}

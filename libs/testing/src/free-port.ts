import { readFileSync } from "node:fs";
import { createServer } from "node:net";

const FIRST = 10_000;
const LAST = 32_000;
const FEWEST = 2_000;
/** Workers of a test run never look at one port at the same time: each has every eighth. */
const LANES = 8;

const lane = Number(process.env["VITEST_POOL_ID"] ?? process.pid) % LANES;
const last = Math.min(LAST, outgoingFrom() - 1);
const lanes = Math.floor(((last >= FIRST + FEWEST ? last : LAST) - FIRST) / LANES);
const given = new Set<number>();

/**
 * A port nobody listens on, and nobody else here was given. None of those the system gives to outgoing connections and to who listens on port 0: one of
 * them could take it before its process listens, or while that is started again.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = FIRST + Math.floor(Math.random() * lanes) * LANES + lane;
    if (given.has(port) || !(await isFree(port))) continue;
    given.add(port);
    return port;
  }
}

async function isFree(port: number): Promise<boolean> {
  const probe = createServer();
  try {
    await new Promise<void>((resolve, reject) => probe.once("error", reject).listen(port, "127.0.0.1", resolve));
    return true;
  } catch {
    return false; // taken
  } finally {
    await new Promise((resolve) => probe.close(resolve));
  }
}

/** Where the ports of outgoing connections begin on this machine; IANA's beginning where the system does not say. */
function outgoingFrom(): number {
  try {
    return Number(readFileSync("/proc/sys/net/ipv4/ip_local_port_range", "utf8").split(/\s+/)[0]);
  } catch {
    return 49_152;
  }
}

import { hash } from "node:crypto";
import type { Redis } from "ioredis";
import { Cluster } from "ioredis";
import type { Link } from "./link.ts";

/** Which servers answer now. After a restart or a failover it is another, and what is found was perhaps written before something was lost. */
export interface Incarnation {
  /** Six characters; undefined while not known: then nothing that is found counts. */
  current(): string | undefined;
  /** Resolves when it is known, or at the latest after `ms`. */
  known(ms: number): Promise<void>;
  close(): void;
}

const ASK_AGAIN_MS = 250;

/** Digest over the run ids and replication ids of all masters, asked anew at every connection made or lost and every change of masters. */
export function watchIncarnation(link: Link): Incarnation {
  let current: string | undefined;
  let asked = 0;
  let again: NodeJS.Timeout | undefined;
  const waiting = new Set<() => void>();

  const ask = async (): Promise<void> => {
    const turn = ++asked;
    current = undefined;
    clearTimeout(again);
    const masters = link.masters();
    if (masters.length === 0) return;
    try {
      const digest = hash("sha256", (await Promise.all(masters.map(identify))).toSorted().join(" "), "base64url").slice(0, 6);
      // Something changed while they were asked: the later question answers.
      if (turn !== asked) return;
      current = digest;
      for (const resolve of waiting) resolve();
      waiting.clear();
    } catch {
      // One of them is just going; until all have said who they are nothing is known.
      if (turn === asked) again = setTimeout(() => void ask(), ASK_AGAIN_MS).unref();
    }
  };
  link.onChange(() => void ask());
  void ask();

  return {
    current: () => current,
    known: (ms) =>
      new Promise((resolve) => {
        if (current !== undefined) return resolve();
        waiting.add(resolve);
        setTimeout(resolve, ms).unref();
      }),
    close() {
      asked++;
      clearTimeout(again);
      for (const resolve of waiting) resolve();
    },
  };
}

/** The run id is new after a restart, the replication id after a promotion. */
async function identify(master: Redis): Promise<string> {
  if (master instanceof Cluster) throw new TypeError("a master is one node");
  const [server, replication] = await Promise.all([master.info("server"), master.info("replication")]);
  const runId = /run_id:(\w+)/.exec(server)?.[1];
  const replicationId = /master_replid:(\w+)/.exec(replication)?.[1];
  if (runId === undefined || replicationId === undefined) throw new Error("the server does not say who it is");
  return `${runId}${replicationId}`;
}

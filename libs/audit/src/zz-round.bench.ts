import { openSqliteEventStore } from "@grantline/event-store-sqlite";
import { generateKeyPairSync } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { createNoteSigner } from "./note/note.ts";
import { openGrowth } from "./tree/growth.ts";
import { createFolderTreeStore } from "./tree/folder-tree-store.ts";
import { createMemoryTreeStore } from "./tree/memory-tree-store.ts";
import { checkpoint } from "./checkpoint/checkpointer.ts";
const store = await openSqliteEventStore({ file: "/tmp/treebench/events.db" });
const heads = (store as any).readHeads?.bind(store) ?? store.readAll.bind(store);
const signer = createNoteSigner("test/eu1", generateKeyPairSync("ed25519").privateKey);
const all: any[] = [];
for (let at = "0"; ; ) { const p = await heads(at, 200); if (!p.length) break; all.push(p); at = p.at(-1)!.position; }
const b = Buffer.alloc(40, 1);
for (let n = 0; n < 4; n++) { const g = await openGrowth(createMemoryTreeStore()); const a = process.cpuUsage(); for (const p of all) for (const e of p) g.append(e); const c = process.cpuUsage(a); console.log("append", ((c.user + c.system) / 100_000).toFixed(2), "µs/event"); }
for (const per of [1, 2, 5, 10]) for (const kind of ["folder"]) {
  const dir = mkdtempSync("/var/tmp/zz-");
  const treeStore = kind === "folder" ? createFolderTreeStore(dir) : createMemoryTreeStore();
  const g = await openGrowth(treeStore);
  let c = { user: 0, system: 0 }; let ms = 0; let rounds = 0;
  for (let i = 0; i + per < all.length && rounds < 40; i += per) {
    for (const p of all.slice(i, i + per)) for (const e of p) g.append(e);
    const a = process.cpuUsage(); const t = performance.now();
    await checkpoint(g, { treeStore, signer, sinks: [], clock: { now: () => 0 }, onSinkFailure: console.error });
    const d = process.cpuUsage(a); if (rounds > 10) { c.user += d.user; c.system += d.system; ms += performance.now() - t; } rounds++;
  }
  console.log(kind, per * 200, "events:", ((c.user + c.system) / (rounds - 11) / 1000).toFixed(2), "ms CPU/round", (ms / (rounds - 11)).toFixed(1), "ms wall");
  rmSync(dir, { recursive: true });
}
await store.close();

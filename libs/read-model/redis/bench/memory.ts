// How much memory Redis needs for a live token: 100,000 of them, half of grants with 1 to 3 tokens, half of client_credentials.
// Run: node --conditions=@grantline/source libs/read-model/redis/bench/memory.ts
import { startRedis, type TestRedisNode } from "@grantline/testing/ground";
import { liveGrant, liveIssuances } from "../src/fixtures/live-tokens.ts";
import { openRedis } from "../src/index.ts";

const TOKENS = 100_000;
const AT_ONCE = 500;
const TARGET = 400;

const redis = await startRedis();
const handle = await openRedis({ urls: redis.urls, commandTimeoutMs: 10_000 });
const now = Math.floor(Date.now() / 1_000);
const before = await used(redis);

for (let issued = 0; issued < TOKENS / 2; issued += AT_ONCE) await handle.states.putEvents(liveIssuances(now, AT_ONCE), () => now + 900);
const afterIssued = await used(redis);

let granted = 0;
for (let turn = 0; granted < TOKENS / 2; turn++) {
  const tokens = (turn % 3) + 1;
  granted += tokens;
  const { stream, state } = liveGrant(now, tokens);
  await handle.states.put(stream, state);
}
const after = await used(redis);

const each = (from: number, to: number, count: number): number => Math.round((to - from) / count);
process.stdout.write(`bytes per live token of client_credentials: ${each(before, afterIssued, TOKENS / 2)}\n`);
process.stdout.write(`bytes per live token of a grant: ${each(afterIssued, after, granted)}\n`);
const all = each(before, after, TOKENS / 2 + granted);
process.stdout.write(`bytes per live token: ${all} (target under ${TARGET})\n`);
await handle.close();
await redis.stop();
process.exitCode = all < TARGET ? 0 : 1;

async function used(of: TestRedisNode): Promise<number> {
  return Number(/used_memory:(\d+)/.exec(await of.command("INFO", "memory"))?.[1]);
}

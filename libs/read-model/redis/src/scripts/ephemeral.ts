import { script } from "../caller.ts";

/**
 * A bucket's birth {at, server}: since when nothing of it can have been lost. It lies in the bucket's slot and goes with it; another replication id
 * means a restart or a failover, whose newest writes may be missing. `born` answers it, and begins it anew when it does not hold.
 */
const BORN = `
local function born(key, now)
  local server = string.match(redis.call('INFO', 'replication'), 'master_replid:(%x+)')
  local facts = redis.call('HMGET', key, 'at', 'server')
  if facts[1] and facts[2] == server then return facts[1] end
  redis.call('HSET', key, 'at', now, 'server', server)
  return now
end
`;

/** KEYS: birth. ARGV: now. */
export const COMPLETE_SINCE = script(`${BORN} return born(KEYS[1], ARGV[1])`);

/** KEYS: entry, birth. ARGV: now, expires at, milliseconds kept. Answers {1 when it was not there, birth}. */
export const ADD_IF_ABSENT = script(`${BORN}
local since = born(KEYS[2], ARGV[1])
local held = redis.call('GET', KEYS[1])
if held and tonumber(held) > tonumber(ARGV[1]) then return {0, since} end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return {1, since}
`);

/** KEYS: entry. ARGV: now, expires at, milliseconds kept, how many. Kept as "expires-at value". */
export const INCREMENT = script(`
local held = redis.call('GET', KEYS[1])
local ends, count = ARGV[2], 0
if held then
  local heldEnds, value = string.match(held, '^(%-?%d+) (.*)$')
  if tonumber(heldEnds) > tonumber(ARGV[1]) then
    redis.call('SET', KEYS[1], heldEnds .. ' ' .. string.format('%.0f', tonumber(value) + tonumber(ARGV[4])), 'KEEPTTL')
    return tonumber(value) + tonumber(ARGV[4])
  end
end
redis.call('SET', KEYS[1], ends .. ' ' .. ARGV[4], 'PX', ARGV[3])
return tonumber(ARGV[4])
`);

/** KEYS: entry. ARGV: now, 1 when a value is expected, that value, expires at, milliseconds kept, the new value. Answers {1} when it was so, else {0, what is}. */
export const SWAP = script(`
local held = redis.call('GET', KEYS[1])
local found = false
if held then
  local ends, value = string.match(held, '^(%-?%d+) (.*)$')
  if tonumber(ends) > tonumber(ARGV[1]) then found = value end
end
if (ARGV[2] == '1' and found == ARGV[3]) or (ARGV[2] == '0' and not found) then
  redis.call('SET', KEYS[1], ARGV[4] .. ' ' .. ARGV[6], 'PX', ARGV[5])
  return {1}
end
if found then return {0, found} end
return {0}
`);

import { script } from "../caller.ts";

/**
 * KEYS: facts {q: sequence, c: chain}, stream. ARGV: seed, entries kept, then stream and revision of each change.
 * Each entry carries the chain up to itself: sha1(chain before, stream, revision).
 */
export const TELL = script(`
local facts = redis.call('HMGET', KEYS[1], 'q', 'c')
local seq, chain = facts[1], facts[2]
if not seq or not chain then
  redis.call('DEL', KEYS[2])
  seq, chain = '0', ARGV[1]
end
seq = tonumber(seq)
for i = 3, #ARGV, 2 do
  seq = seq + 1
  chain = redis.sha1hex(chain .. ' ' .. ARGV[i] .. ' ' .. ARGV[i + 1])
  redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[2], string.format('%.0f-1', seq), 's', ARGV[i], 'r', ARGV[i + 1], 'c', chain)
end
redis.call('HSET', KEYS[1], 'q', string.format('%.0f', seq), 'c', chain)
return seq
`);

/**
 * KEYS: as above. ARGV: sequence, chain and replication id at the last reading ('' at first), seed, most entries.
 * Answers {replication id, sequence, chain, '' or 'many', stream, revision, …}. What is new must go on from the chain read last: a log that was flushed,
 * cut or written anew does not. A server that took over (another replication id) may lack entries nobody has read yet, and no chain shows that.
 * A replica that has not heard of its demotion is behind, so only a master may answer; the DEL makes Redis itself refuse on a replica.
 */
export const SINCE = script(`
local info = redis.call('INFO', 'replication')
if not string.find(info, 'role:master', 1, true) then return redis.error_reply('READONLY this is not the master') end
local server = string.match(info, 'master_replid:(%x+)')
local facts = redis.call('HMGET', KEYS[1], 'q', 'c')
local seq, chain = facts[1], facts[2]
if not seq or not chain then
  redis.call('DEL', KEYS[2])
  redis.call('HSET', KEYS[1], 'q', '0', 'c', ARGV[4])
  return {server, '0', ARGV[4], 'many'}
end
local many = {server, seq, chain, 'many'}
if server ~= ARGV[3] then return many end
if seq == ARGV[1] and chain == ARGV[2] then return {server, seq, chain, ''} end
local last, most = tonumber(ARGV[1]), tonumber(ARGV[5])
if last == nil or tonumber(seq) <= last or tonumber(seq) - last > most then return many end
local entries = redis.call('XRANGE', KEYS[2], string.format('%.0f-1', last + 1), '+')
if #entries ~= tonumber(seq) - last then return many end
local told = {server, seq, chain, ''}
local before = ARGV[2]
for i, entry in ipairs(entries) do
  local stream, revision = entry[2][2], entry[2][4]
  if entry[1] ~= string.format('%.0f-1', last + i) then return many end
  before = redis.sha1hex(before .. ' ' .. stream .. ' ' .. revision)
  told[#told + 1] = stream
  told[#told + 1] = revision
end
if before ~= chain then return many end
return told
`);

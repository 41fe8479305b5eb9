import { script } from "../caller.ts";

/** An entry is "epoch(6) revision position " and a body. Positions compare by length, then by text. */
const COMMON = `
local function parse(held) return string.match(held, '^(......)(%-?%d+) (%d+) ') end
local function later(a, b) return #a > #b or (#a == #b and a > b) end
`;

/**
 * KEYS: entry; for the stream of a token also the bucket of records. ARGV: epoch, revision, position, body, milliseconds kept, field of the token's record.
 * A lower revision of the same epoch never replaces a higher one; of the same revision the later position is kept. That a token's stream does not exist is noted in the
 * token's record, where there is one.
 */
export const PUT = script(`${COMMON}
local revision, position = ARGV[2], ARGV[3]
local epoch, heldRevision, heldPosition = parse(redis.call('GETRANGE', KEYS[1], 0, 63))
if epoch == ARGV[1] then
  if tonumber(heldRevision) > tonumber(revision) then return 0 end
  if tonumber(heldRevision) == tonumber(revision) and later(heldPosition, position) then position = heldPosition end
end
if revision == '-1' and KEYS[2] then
  local record = redis.call('HGET', KEYS[2], ARGV[6])
  local recordEpoch, recordRevision, recordPosition
  if record then recordEpoch, recordRevision, recordPosition = parse(record) end
  if recordEpoch == ARGV[1] then
    if later(position, recordPosition) then
      local body = string.sub(record, #recordEpoch + #recordRevision + #recordPosition + 3)
      redis.call('HSET', KEYS[2], ARGV[6], ARGV[1] .. recordRevision .. ' ' .. position .. ' ' .. body)
    end
    return 1
  end
end
redis.call('SET', KEYS[1], ARGV[1] .. revision .. ' ' .. position .. ' ' .. ARGV[4], 'PX', ARGV[5])
return 1
`);

/** KEYS: bucket of records. ARGV: milliseconds kept, then field and entry of each. The bucket lives as long as the longest of its records. */
export const PUT_RECORDS = script(`
for i = 2, #ARGV, 2 do redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1]) end
if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[1]) then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
return 1
`);

/** KEYS: entry. ARGV: a revision known to exist. */
export const AT_LEAST = script(`${COMMON}
local _, revision = parse(redis.call('GETRANGE', KEYS[1], 0, 63))
if revision and tonumber(revision) < tonumber(ARGV[1]) then return redis.call('DEL', KEYS[1]) end
return 0
`);

import { script } from "../caller.ts";

/**
 * KEYS[1]: the facts of one tag: `n` last table number, `t:{table}` its number, `o:{table}` the projection it belongs to, `p:{projection}` checkpoint.
 * Everything of table n is under `KEYS[1] .. ':' .. n`: a hash of rows; `:k` all keys in order; `:x{index}` the keys under one column value;
 * `:e` keys by expiry. A row is "revision expires-at present index,index,…" newline columns newline value. All of it shares the slot of KEYS[1].
 */
const COMMON = `
local facts = KEYS[1]
local function place(number) return facts .. ':' .. number end
local function parse(row)
  local line = string.find(row, '\\n', 1, true)
  local revision, expires, present, indexes = string.match(string.sub(row, 1, line - 1), '^(%-?%d+) (%-?%d+) (%d) (.*)$')
  return tonumber(revision), tonumber(expires), present == '1', indexes
end
local function unlist(at, key, indexes)
  for index in string.gmatch(indexes, '[^,]+') do redis.call('ZREM', at .. ':x' .. index, key) end
end
local function remove(at, key, row)
  local _, _, _, indexes = parse(row)
  unlist(at, key, indexes)
  redis.call('HDEL', at, key)
  redis.call('ZREM', at .. ':k', key)
  redis.call('ZREM', at .. ':e', key)
end
`;

/**
 * ARGV: projection, checkpoint or '', after or '', now, rows to sweep, then for each write: table, key, revision, expires at (0: never), present ('1' or '0': a tombstone),
 * indexes, columns, value. Answers 'ok', 'moved' or {'owned', table, projection}; nothing was written then.
 */
export const WRITE = script(`${COMMON}
local projection, checkpoint, after, now = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4])
if after ~= '' and (redis.call('HGET', facts, 'p:' .. projection) or '0') ~= after then return {'moved'} end
local numbers = {}
for i = 6, #ARGV, 8 do
  local name = ARGV[i]
  if not numbers[name] then
    local owner = redis.call('HGET', facts, 'o:' .. name)
    if owner and owner ~= projection then return {'owned', name, owner} end
    numbers[name] = owner and redis.call('HGET', facts, 't:' .. name) or ''
  end
end
for name, number in pairs(numbers) do
  if number == '' then
    numbers[name] = redis.call('HINCRBY', facts, 'n', 1)
    redis.call('HSET', facts, 't:' .. name, numbers[name], 'o:' .. name, projection)
  end
end
for i = 6, #ARGV, 8 do
  local at, key, revision, expires = place(numbers[ARGV[i]]), ARGV[i + 1], tonumber(ARGV[i + 2]), tonumber(ARGV[i + 3])
  local present, indexes = ARGV[i + 4], ARGV[i + 5]
  local held = redis.call('HGET', at, key)
  local heldRevision, _, _, heldIndexes
  if held then heldRevision, _, _, heldIndexes = parse(held) end
  if not held or heldRevision <= revision then
    if held and heldIndexes ~= indexes then unlist(at, key, heldIndexes) end
    redis.call('HSET', at, key, ARGV[i + 2] .. ' ' .. ARGV[i + 3] .. ' ' .. present .. ' ' .. indexes .. '\\n' .. ARGV[i + 6] .. '\\n' .. ARGV[i + 7])
    if present == '1' then redis.call('ZADD', at .. ':k', 0, key) else redis.call('ZREM', at .. ':k', key) end
    if heldIndexes ~= indexes then for index in string.gmatch(indexes, '[^,]+') do redis.call('ZADD', at .. ':x' .. index, 0, key) end end
    if expires ~= 0 then redis.call('ZADD', at .. ':e', expires, key) else redis.call('ZREM', at .. ':e', key) end
  end
end
if checkpoint ~= '' then redis.call('HSET', facts, 'p:' .. projection, checkpoint) end
if tonumber(ARGV[5]) > 0 then
  for _, number in pairs(numbers) do
    local at = place(number)
    for _, key in ipairs(redis.call('ZRANGEBYSCORE', at .. ':e', '-inf', now, 'LIMIT', 0, ARGV[5])) do
      local row = redis.call('HGET', at, key)
      if row then remove(at, key, row) else redis.call('ZREM', at .. ':e', key) end
    end
  end
end
return {'ok'}
`);

/** ARGV: table, key, now. Answers the row or false. */
export const GET = script(`${COMMON}
local number = redis.call('HGET', facts, 't:' .. ARGV[1])
if not number then return false end
local row = redis.call('HGET', place(number), ARGV[2])
if not row then return false end
local _, expires, present = parse(row)
if not present or (expires ~= 0 and expires <= tonumber(ARGV[3])) then return false end
return row
`);

/**
 * ARGV: table, now, limit, '1' for descending, '1' with a key to go on after, that key, most keys looked at, then the indexes a row must be under.
 * Answers {'1' at the end of the table else '0', last key looked at, key, row, key, row, …}: a bounded piece of work, to be gone on with.
 */
export const LIST = script(`${COMMON}
local now, limit, descending, left = tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[4] == '1', tonumber(ARGV[7])
local found = {'1', ''}
local number = redis.call('HGET', facts, 't:' .. ARGV[1])
if not number then return found end
local at = place(number)
local sets, first, size = {}, at .. ':k', nil
for i = 8, #ARGV do
  local set = at .. ':x' .. ARGV[i]
  local count = redis.call('ZCARD', set)
  sets[#sets + 1] = set
  if not size or count < size then first, size = set, count end
end
local last = ARGV[5] == '1' and ARGV[6] or nil
while true do
  local count = math.min(left, 200)
  if count == 0 then found[1] = '0' return found end
  local keys
  if descending then keys = redis.call('ZREVRANGEBYLEX', first, last and '(' .. last or '+', '-', 'LIMIT', 0, count)
  else keys = redis.call('ZRANGEBYLEX', first, last and '(' .. last or '-', '+', 'LIMIT', 0, count) end
  for _, key in ipairs(keys) do
    local match = true
    for _, set in ipairs(sets) do
      if set ~= first and not redis.call('ZSCORE', set, key) then match = false break end
    end
    local row = match and redis.call('HGET', at, key)
    if row then
      local _, expires, present = parse(row)
      if present and (expires == 0 or expires > now) then
        found[#found + 1] = key
        found[#found + 1] = row
        if #found == 2 + 2 * limit then found[1] = '0' found[2] = key return found end
      end
    end
    last = key
    found[2] = key
  end
  left = left - #keys
  if #keys < count then return found end
end
`);

/** ARGV: projection, suffix or '' to only drop. Answers the numbers of the tables now out of sight, which are listed in `:d` until drained. */
export const REPLACE = script(`${COMMON}
local projection, suffix = ARGV[1], ARGV[2]
local function tables(owner)
  local all, own = redis.call('HGETALL', facts), {}
  for i = 1, #all, 2 do
    if string.sub(all[i], 1, 2) == 'o:' and all[i + 1] == owner then own[#own + 1] = string.sub(all[i], 3) end
  end
  return own
end
for _, name in ipairs(tables(projection)) do
  redis.call('SADD', facts .. ':d', redis.call('HGET', facts, 't:' .. name))
  redis.call('HDEL', facts, 't:' .. name, 'o:' .. name)
end
redis.call('HDEL', facts, 'p:' .. projection)
if suffix ~= '' then
  for _, name in ipairs(tables(projection .. suffix)) do
    local own = name
    if string.sub(name, -#suffix) == suffix then own = string.sub(name, 1, #name - #suffix) end
    redis.call('HSET', facts, 't:' .. own, redis.call('HGET', facts, 't:' .. name), 'o:' .. own, projection)
    redis.call('HDEL', facts, 't:' .. name, 'o:' .. name)
  end
  local checkpoint = redis.call('HGET', facts, 'p:' .. projection .. suffix)
  if checkpoint then redis.call('HSET', facts, 'p:' .. projection, checkpoint) end
  redis.call('HDEL', facts, 'p:' .. projection .. suffix)
end
return redis.call('SMEMBERS', facts .. ':d')
`);

/** ARGV: table number, rows taken away in this step. Answers 1 when more is left. */
export const DRAIN = script(`${COMMON}
local at = place(ARGV[1])
if redis.call('SISMEMBER', facts .. ':d', ARGV[1]) == 0 then return 0 end
local keys = redis.call('HRANDFIELD', at, ARGV[2])
for _, key in ipairs(keys) do
  local row = redis.call('HGET', at, key)
  if row then remove(at, key, row) end
end
if #keys > 0 then return 1 end
redis.call('UNLINK', at, at .. ':k', at .. ':e')
redis.call('SREM', facts .. ':d', ARGV[1])
return 0
`);

/**
 * The store's Lua. Keys, all in one hash tag: KEYS[1] the position (a hash: revision, id, format), KEYS[2] the
 * index (a sorted set of every record's key, all at score 0, thus in bytewise order), KEYS[3] the feed (a stream
 * with entries `<revision>-0`: id, keys), and a hash for each record, named by a prefix and the record's key, whose
 * field with the empty name is the record's revision.
 *
 * Scripts are sent whole with EVAL: EVALSHA's fallback would send one again behind what was meant to follow it.
 * Numbers are text throughout, since Lua prints large ones in scientific notation.
 */

/** The layout that this version reads and writes. */
export const FORMAT = '1';

const READ_RECORD = `
local function record(prefix, key)
  local fields = redis.call('HGETALL', prefix .. key)
  if #fields == 0 then return false end
  return {key, fields}
end
local position = redis.call('HMGET', KEYS[1], 'revision', 'id', 'format')
local records = {}
`;

/** ARGV: record prefix, key… → [revision, id, format], [[key, [field, value, …]] or nil, …] */
export const READ_SCRIPT = `${READ_RECORD}
for at = 2, #ARGV do records[at - 1] = record(ARGV[1], ARGV[at]) end
return {position, records}
`;

/** ARGV: record prefix, least and greatest as ZRANGEBYLEX takes them, limit → as READ_SCRIPT */
export const LIST_SCRIPT = `${READ_RECORD}
local keys = redis.call('ZRANGEBYLEX', KEYS[2], ARGV[2], ARGV[3], 'LIMIT', '0', ARGV[4])
for at, key in ipairs(keys) do records[at] = record(ARGV[1], key) end
return {position, records}
`;

/**
 * ARGV: record prefix, commit id, keys of the feed entry, entries that the feed keeps,
 * preconditions: count, (key, revision)…,
 * changes: count, (key, 'remove' or count of fields set, (field, value)…, count of fields unset, field…)…
 * → 'conflict', keys… or 'committed', revision
 */
export const COMMIT_SCRIPT = `
local position, index, feed = KEYS[1], KEYS[2], KEYS[3]
local at = 0
local function take()
  at = at + 1
  return ARGV[at]
end
local prefix = take()
local id = take()
local touched = take()
local kept = take()

local answer = {'conflict'}
for _ = 1, tonumber(take()) do
  local key = take()
  local revision = take()
  if (redis.call('HGET', prefix .. key, '') or '0') ~= revision then answer[#answer + 1] = key end
end
if #answer > 1 then return answer end

local last = redis.call('HGET', position, 'revision') or '0'
local revision = string.format('%.0f', tonumber(last) + 1)
-- A stream refuses an id that is not its greatest: first, so that a refusal changes nothing.
redis.call('XADD', feed, 'MAXLEN', '~', kept, revision .. '-0', 'id', id, 'keys', touched)
redis.call('HSET', position, 'revision', revision, 'id', id, 'format', '${FORMAT}')
for _ = 1, tonumber(take()) do
  local key = take()
  local name = prefix .. key
  local set = take()
  if set == 'remove' then
    redis.call('DEL', name)
  else
    redis.call('HDEL', name, '')
    for _ = 1, tonumber(set) do
      local field = take()
      redis.call('HSET', name, field, take())
    end
    for _ = 1, tonumber(take()) do redis.call('HDEL', name, take()) end
  end
  if redis.call('EXISTS', name) == 1 then
    redis.call('HSET', name, '', revision)
    redis.call('ZADD', index, '0', key)
  else
    redis.call('ZREM', index, key)
  end
end
return {'committed', revision}
`;

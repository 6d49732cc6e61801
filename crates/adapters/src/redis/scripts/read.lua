-- KEYS[1] log  KEYS[2] epoch
-- ARGV[1] name for a new life  ARGV[2] epoch of the offset  ARGV[3] stream id of the offset  ARGV[4] most entries
-- Returns {epoch, id of the end, 1 where events may be missing after the offset, entries as {id, json}}.
redis.call('SET', KEYS[2], ARGV[1], 'NX')
local epoch = redis.call('GET', KEYS[2])

local log = {}
if redis.call('EXISTS', KEYS[1]) == 1 then
  local fields = redis.call('XINFO', 'STREAM', KEYS[1])
  for i = 1, #fields, 2 do
    log[fields[i]] = fields[i + 1]
  end
end
local last = log['last-generated-id'] or '0-0'

local function parts(id)
  local time, number = string.match(id, '^(%d+)-(%d+)$')
  return tonumber(time), tonumber(number)
end

local function before(a, b)
  local a_time, a_number = parts(a)
  local b_time, b_number = parts(b)
  return a_time < b_time or (a_time == b_time and a_number < b_number)
end

-- An offset names an entry of this log, or 0-0 for the time before the first. So it lies neither behind the end nor
-- before the first entry, unless it is 0-0 and nothing was ever removed.
local function missing(offset)
  if epoch ~= ARGV[2] or before(last, offset) then
    return true
  end
  local first = log['first-entry']
  if not first then
    return offset ~= last
  end
  local whole = log['entries-added'] == log['length']
  return before(offset, first[1]) and not (offset == '0-0' and whole)
end

if missing(ARGV[3]) then
  return {epoch, last, 1, {}}
end
local entries = {}
for _, entry in ipairs(redis.call('XRANGE', KEYS[1], '(' .. ARGV[3], '+', 'COUNT', ARGV[4])) do
  local json = ''
  for i = 1, #entry[2], 2 do
    if entry[2][i] == 'json' then
      json = entry[2][i + 1]
    end
  end
  table.insert(entries, {entry[1], json})
end
return {epoch, last, 0, entries}

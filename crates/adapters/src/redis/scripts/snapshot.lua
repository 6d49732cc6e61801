-- KEYS per queue: wait, paused, prioritized, active, delayed, failed, meta  ARGV per queue: what its jobs' keys begin with
-- Returns {seconds, microseconds}, then of each queue {wait, prioritized, active, delayed, failed, 1 where it is paused,
-- milliseconds since the oldest ready job was added, or -1}.
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local answer = {{tonumber(time[1]), tonumber(time[2])}}

for queue, start in ipairs(ARGV) do
  local key = (queue - 1) * 7
  local wait, paused, prioritized = KEYS[key + 1], KEYS[key + 2], KEYS[key + 3]
  local oldest = nil
  local function look(id)
    local added = id and tonumber(redis.call('HGET', start .. id, 'timestamp') or nil)
    if added and (not oldest or added < oldest) then
      oldest = added
    end
  end
  look(redis.call('LINDEX', wait, -1))
  look(redis.call('LINDEX', paused, -1))
  -- A score is the priority in its upper half; within one the first is the oldest. Ours has ten priorities.
  local from = '-inf'
  for _ = 1, 32 do
    local first = redis.call('ZRANGEBYSCORE', prioritized, from, '+inf', 'WITHSCORES', 'LIMIT', 0, 1)
    if #first == 0 then
      break
    end
    look(first[1])
    from = string.format('%.0f', (math.floor(tonumber(first[2]) / 0x100000000) + 1) * 0x100000000)
  end
  table.insert(answer, {
    redis.call('LLEN', wait) + redis.call('LLEN', paused),
    redis.call('ZCARD', prioritized),
    redis.call('LLEN', KEYS[key + 4]),
    redis.call('ZCARD', KEYS[key + 5]),
    redis.call('ZCARD', KEYS[key + 6]),
    redis.call('HEXISTS', KEYS[key + 7], 'paused'),
    oldest and math.max(now - oldest, 0) or -1,
  })
end
return answer

-- KEYS per queue: wait, paused, prioritized, active, delayed, failed, meta
-- ARGV[1] how many active jobs are looked at, in all queues together  then per queue: what its jobs' keys begin with
-- Returns {{seconds, microseconds}, {of each queue {numbers, workers}}}. Numbers are {wait, prioritized, active, delayed,
-- failed, 1 where it is paused, milliseconds since the oldest ready job was added, or -1}; delayed jobs that are due count
-- as prioritized. Workers are {name, its active jobs, name, its active jobs, ...}.
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local looks = tonumber(ARGV[1])

-- The newest jobs first: the oldest may be those of workers that are gone.
local function workers_of(active, start)
  local jobs_of, workers = {}, {}
  if looks > 0 then
    local ids = redis.call('LRANGE', active, 0, looks - 1)
    looks = looks - #ids
    for _, id in ipairs(ids) do
      local name = redis.call('HGET', start .. id, 'pb')
      if name and name ~= '' then
        jobs_of[name] = (jobs_of[name] or 0) + 1
      end
    end
  end
  for name, jobs in pairs(jobs_of) do
    table.insert(workers, name)
    table.insert(workers, jobs)
  end
  return workers
end

local queues = {}
for queue = 1, #ARGV - 1 do
  local start = ARGV[queue + 1]
  local key = (queue - 1) * 7
  local wait, paused, prioritized, active, delayed, failed, meta = unpack(KEYS, key + 1, key + 7)
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
  -- BullMQ moves what is due only when a worker asks for a job, and there may be none. A score is the time in its upper
  -- bits, with twelve behind it for the jobs of one millisecond.
  local due = redis.call('ZCOUNT', delayed, '-inf', (now + 1) * 0x1000 - 1)
  if due > 0 then
    look(redis.call('ZRANGE', delayed, 0, 0)[1])
  end
  local numbers = {
    redis.call('LLEN', wait) + redis.call('LLEN', paused),
    redis.call('ZCARD', prioritized) + due,
    redis.call('LLEN', active),
    redis.call('ZCARD', delayed) - due,
    redis.call('ZCARD', failed),
    redis.call('HEXISTS', meta, 'paused'),
    oldest and math.max(now - oldest, 0) or -1,
  }
  table.insert(queues, {numbers, workers_of(active, start)})
end
return {{tonumber(time[1]), tonumber(time[2])}, queues}

-- KEYS[1] delayed jobs  KEYS[2] mark of the last sweep  KEYS[3] claimed jobs
-- ARGV[1] what the keys of jobs begin with  ARGV[2] the asker's time in milliseconds
-- ARGV[3] milliseconds that no lock and no mark lasts for longer
-- Returns how many of them would have lasted for too long.
local now, longest = tonumber(ARGV[2]), tonumber(ARGV[3])
local unwound = 0
if redis.call('PTTL', KEYS[2]) > longest then
  redis.call('DEL', KEYS[2])
  unwound = unwound + 1
end
for _, id in ipairs(redis.call('LRANGE', KEYS[3], 0, 999)) do
  local lock = ARGV[1] .. id .. ':lock'
  if redis.call('PTTL', lock) > longest then
    redis.call('PEXPIRE', lock, longest)
    unwound = unwound + 1
  end
end
-- BullMQ orders delayed jobs by their time, with twelve bits behind it for those of one millisecond.
local late = redis.call('ZREVRANGEBYSCORE', KEYS[1], '+inf', now * 0x1000, 'WITHSCORES', 'LIMIT', 0, 1000)
for index = 1, #late, 2 do
  local delay = tonumber(redis.call('HGET', ARGV[1] .. late[index], 'delay')) or 0
  local latest = (now + delay) * 0x1000
  if tonumber(late[index + 1]) >= latest + 0x1000 then
    redis.call('ZADD', KEYS[1], latest, late[index])
    unwound = unwound + 1
  end
end
return unwound

-- KEYS[1] epoch  KEYS[2] owner  ARGV[1] name for a new life  ARGV[2] who asks  ARGV[3] milliseconds that owning lasts
-- Returns who owns the queues and, where that is who asks, the name of this life.
local owner = redis.call('GET', KEYS[2])
if owner and owner ~= ARGV[2] then
  return {owner}
end
-- Not at each call: what is written is written to disk.
if not owner or redis.call('PTTL', KEYS[2]) < ARGV[3] / 2 then
  redis.call('SET', KEYS[2], ARGV[2], 'PX', ARGV[3])
end
redis.call('SET', KEYS[1], ARGV[1], 'NX')
return {ARGV[2], redis.call('GET', KEYS[1])}

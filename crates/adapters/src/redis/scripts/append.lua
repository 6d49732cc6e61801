-- KEYS[1] mark of the event  KEYS[2] log  KEYS[3] epoch
-- ARGV[1] name for a new life  ARGV[2] seconds that the mark lasts  ARGV[3] entries kept
-- ARGV[4] Redis channel  ARGV[5] channel  ARGV[6] event
-- Returns 1 where the event was new.
redis.call('SET', KEYS[3], ARGV[1], 'NX')
if not redis.call('SET', KEYS[1], '1', 'NX', 'EX', ARGV[2]) then
  return 0
end
redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[3], '*', 'channel', ARGV[5], 'json', ARGV[6])
redis.call('PUBLISH', ARGV[4], ARGV[6])
return 1

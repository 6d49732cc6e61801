-- KEYS[1] epoch  ARGV[1] name for a new life
redis.call('SET', KEYS[1], ARGV[1], 'NX')
return redis.call('GET', KEYS[1])

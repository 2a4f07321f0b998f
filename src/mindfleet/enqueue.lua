-- Puts one job on its queue, once: arq's own keys, one round trip.
-- KEYS  1 arq:job:<id>   2 arq:result:<id>   3 the queue (sorted set)
-- ARGV  1 the job (bytes)   2 due time, ms   3 the job's id
-- Returns 1 when the job is on the queue, 0 when another job of this id waits or runs.
local waiting = redis.call('GET', KEYS[1])
if waiting then
  -- The same bytes are the same call (each has a nonce), sent again after its answer was lost.
  return waiting == ARGV[1] and 1 or 0
end
redis.call('DEL', KEYS[2])
redis.call('SET', KEYS[1], ARGV[1])
redis.call('ZADD', KEYS[3], ARGV[2], ARGV[3])
return 1

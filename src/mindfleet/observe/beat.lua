-- One heartbeat. A name that another living process has is left to it; ours then has a second one until that one ends.
-- KEYS  1 mindfleet:worker:<worker_id>   2 the same with our token behind it   3 mindfleet:workers (sorted set, by end, ms)
-- ARGV  1 our token   2 what is told (JSON)   3 how long it holds, ms   4 worker_id   5 the same with our token behind it
-- Returns 1 when the name is ours, 0 when another process has it.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[3], '-inf', now)
local holder = redis.call('HGET', KEYS[1], 'owner')
local ours = not holder or holder == ARGV[1]
local key, name = KEYS[1], ARGV[4]
if ours then
  redis.call('DEL', KEYS[2])
  redis.call('ZREM', KEYS[3], ARGV[5])
else
  key, name = KEYS[2], ARGV[5]
end
redis.call('HSET', key, 'owner', ARGV[1], 'told', ARGV[2])
redis.call('PEXPIRE', key, ARGV[3])
redis.call('ZADD', KEYS[3], now + ARGV[3], name)
return ours and 1 or 0

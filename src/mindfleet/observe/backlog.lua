-- How many jobs of a queue a claim would find now.
-- KEYS  1 mindfleet:ready:<queue> (sorted set)   2 the queue (sorted set)
-- Returns those that are filed as ready, and those whose time has come and that nobody has filed yet.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
return redis.call('ZCARD', KEYS[1]) + redis.call('ZCOUNT', KEYS[2], 0, now)

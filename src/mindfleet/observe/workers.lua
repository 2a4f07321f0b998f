-- The processes that have given a heartbeat of late, from the index alone.
-- KEYS  1 mindfleet:workers
-- ARGV  1 what stands before a worker's id in its key
-- Returns worker_id and what it told (JSON) in turn, by worker_id.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
local names = redis.call('ZRANGE', KEYS[1], 0, -1)
table.sort(names)
local found = {}
for _, name in ipairs(names) do
  local told = redis.call('HGET', ARGV[1] .. name, 'told')
  if told then
    found[#found + 1] = name
    found[#found + 1] = told
  end
end
return found

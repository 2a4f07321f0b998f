-- The end of a process's heartbeats: under either of its names, whatever is its own goes, and nothing else.
-- KEYS  1 mindfleet:worker:<worker_id>   2 the same with our token behind it   3 mindfleet:workers
-- ARGV  1 our token   2 worker_id   3 the same with our token behind it
-- Returns how many there were.
local gone = 0
for each = 1, 2 do
  if redis.call('HGET', KEYS[each], 'owner') == ARGV[1] then
    redis.call('DEL', KEYS[each])
    redis.call('ZREM', KEYS[3], ARGV[each + 1])
    gone = gone + 1
  end
end
return gone

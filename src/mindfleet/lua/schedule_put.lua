-- with: common schedule
-- Puts one entry on the schedule, or changes it, if nobody else has done so since the worker looked.
-- ARGV  1 time   2 the entry   3 the state that the worker saw; empty: none   4 when it is due, ms   5 its state
--       6, 7 a name and what to note under it, if anything
-- Returns 1, or 0 when the entry has another state by now or is being worked on: nothing is changed then.
-- Cost: O(log n).
local entry, seen_state, due, state = take(), take(), take(), take()
local has = redis.call('ZSCORE', SCHEDULE, entry) and redis.call('HGET', STATE, entry) or ''
if has ~= seen_state or is_claimed(entry) then
  return 0
end
redis.call('ZADD', SCHEDULE, due, entry)
redis.call('HSET', STATE, entry, state)
keep_notes()
return 1

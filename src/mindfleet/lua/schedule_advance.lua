-- with: common schedule
-- Moves one entry of the schedule on, if it is still due when the worker thinks.
-- ARGV  1 time   2 the entry   3 when it was due, ms   4 when it is due next, ms; empty: never again
--       5 its state from now on   6… job id and what to note of it, for each job that was enqueued
-- Returns 1, or 0 when somebody else has moved it on: nothing is changed then.
-- Cost: O(log n), and one command a job.
local entry, was_due, due, state = take(), take_number(), take(), take()
if tonumber(redis.call('ZSCORE', SCHEDULE, entry) or -1) ~= was_due then
  return 0
end
take_off(entry)
if due ~= '' then
  redis.call('ZADD', SCHEDULE, due, entry)
  redis.call('HSET', STATE, entry, state)
end
keep_notes()
return 1

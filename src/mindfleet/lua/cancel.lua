-- with: common gates waiting
-- Ends a job that waits, or asks the worker that runs it to stop.
-- ARGV  1 time   2 id   3 outcome (cancelled)   4 result (bytes)   5 how long to keep it, ms   6 text
--       7 what to do with results (see waiting.lua)   8 the queue that it was seen on, for jobs that no worker of ours has seen
--       9 its task, for the same
-- Returns `ended`, `asked`, or `unknown`.
-- Cost: about 12 commands, O(log n).
local id, outcome, result, keep, text = take(), take(), take(), take_number(), take()
hear_of_results(take())
local seen_on, task = take() or '', take() or ''
local job = known(id)
if not job and seen_on ~= '' and redis.call('ZSCORE', seen_on, id) then
  job = setmetatable({ queue = seen_on, task = task, durable = '0' }, USUAL)
end
if not job then
  return 'unknown'
end
if job.state == 'running' then
  note(id, 'cancel', outcome)
  redis.call('PUBLISH', 'mindfleet:cancel', outcome .. ' ' .. id)
  close_books()
  return 'asked'
end
if redis.call('EXISTS', lock_key(id)) == 1 then -- in the hands of arq's own worker, which looks here
  redis.call('ZADD', 'arq:abort', now, id)
  return 'asked'
end
keep_result(id, result, keep)
remove(id, job, outcome)
announce(id, job, '', outcome, text)
end_script()
return 'ended'

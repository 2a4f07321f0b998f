-- with: common waiting
-- Ends a job that waits, or asks the worker that runs it to stop.
-- ARGV  1 time   2 id   3 outcome (cancelled)   4 result (bytes)   5 how long to keep it, ms   6 text   7 how many results the fleet's stream keeps
-- Returns `ended`, `asked`, or `unknown`.
-- Cost: about 12 commands, O(log n).
local id, outcome, result, keep, text, most_results = take(), take(), take(), take_number(), take(), take_number()
local job = known(id)
local queue = job and job.queue
if not job then
  return 'unknown'
end
if job.state == 'running' then
  note(id, 'cancel', outcome)
  redis.call('PUBLISH', 'mindfleet:cancel', id)
  return 'asked'
end
keep_result(id, result, keep)
remove(id, job, outcome)
announce(id, job, '', outcome, text, most_results)
close_books()
return 'ended'

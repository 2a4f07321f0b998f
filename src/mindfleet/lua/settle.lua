-- with: common gates waiting entering settling
-- Settles what came of attempts, each only for the token that it was claimed with.
-- ARGV  1 time   2 worker   3 whether to tell of it (1, 0)   4 what to do with results (see waiting.lua)   5 how many verdicts
--       then each: id, token, verb and
--         end    outcome, result (bytes), how long to keep it (ms; 0: not, -1: for ever), its text for the streams,
--                for how long nobody may run one of its id (ms), how many jobs follow, those (see entering.lua)
--         again  outcome, delay (ms), whether it failed (1, 0), for how long its lane waits for it in all (ms), why (the hash keeps that of the last failure), gate to wait at (or empty),
--                whether an attempt ended by itself (1, 0), which clears it of lost leases, what it has failed of for good (or empty):
--                every later claim tells that, and no trigger is merged into it any more
--         back   (interrupted: first in line again, at no cost)
-- Returns for each 1, or 0 when the token no longer holds and nothing was changed, or why it cannot be settled; an error
-- when that is so of the first.
-- Cost: about 10 commands a job, O(log n).
worker, telling = take(), take() == '1'
hear_of_results(take())
counting = telling

-- What the others left to be written must be written, whichever breaks. The first may also break because Redis takes nothing.
local settled, has_written = {}, false
for i = 1, take_number() do
  local id, token, verb = take(), take(), take()
  local verdict = readers[verb]()
  local job = finders[verb](id, token)
  settled[i] = 0
  if job then
    local done, why = pcall(doers[verb], id, job, verdict)
    if not done and not has_written then
      end_script()
      return redis.error_reply(why)
    end
    settled[i], has_written = done and 1 or why, true
  end
end
end_script()
return settled

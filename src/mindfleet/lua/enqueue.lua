-- with: common life gates waiting entering
-- Puts jobs on their queues, each once: one round trip for one or for many.
-- ARGV  1 time   2 how many jobs   then each job (see entering.lua)   then what to do with results (see waiting.lua; may be left out),
--       and the epoch that the caller knows (or empty; may be left out): in another one nothing is let in
-- Returns the epoch of the data, up to where PostgreSQL has it, and for each job its outcome (queued, duplicate, merged),
-- the id of the job that it became, and its entry in the ledger (or empty); no outcome at all in another epoch.
-- Cost: about 15 commands a job, O(log n).
local entrants, outcomes = {}, {}
for i = 1, take_number() do
  entrants[i] = read_entrant()
end
hear_of_results(take())
local expected = take() or ''
local data = redis.call('MGET', 'mindfleet:epoch', 'mindfleet:ledger:watermark')
local epoch, mark = data[1], data[2] or ''
if not epoch or is_of_another_life(epoch) then -- these data are new here
  epoch = current_epoch(life_of_server())
end
if expected ~= '' and expected ~= epoch then
  return { epoch, mark, {} }
end
for i, entrant in ipairs(entrants) do
  outcomes[i] = let_in(entrant)
end
end_script()
return { epoch, mark, outcomes }

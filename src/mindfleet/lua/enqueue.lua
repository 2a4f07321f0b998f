-- with: common life gates waiting entering
-- Puts jobs on their queues, each once: one round trip for one or for many.
-- ARGV  1 time   2 how many jobs   then each job (see entering.lua)   then what to do with results (see waiting.lua; may be left out)
-- Returns the epoch of the data, up to where PostgreSQL has it, and for each job its outcome (queued, duplicate, merged),
-- the id of the job that it became, and its entry in the ledger (or empty).
-- Cost: about 15 commands a job, O(log n).
local entrants, outcomes = {}, {}
for i = 1, take_number() do
  entrants[i] = read_entrant()
end
hear_of_results(take())
for i, entrant in ipairs(entrants) do
  outcomes[i] = let_in(entrant)
end
end_script()
local data = redis.call('MGET', 'mindfleet:epoch', 'mindfleet:ledger:watermark')
local epoch = data[1]
if not epoch then -- these data are new
  epoch = current_epoch(life_of_server())
end
return { epoch, data[2] or '', outcomes }

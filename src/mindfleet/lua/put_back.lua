-- with: common gates waiting entering
-- Puts jobs back that PostgreSQL has and Redis has lost.
-- ARGV  1 time   2 how many jobs   then each job (see entering.lua), how many attempts of it failed, a number that its
--       next start must exceed, how many payloads were merged into it, and those
-- Returns how many were put in.
-- Cost: about 15 commands a job, O(log n).
local put = 0
for _ = 1, take_number() do
  local entrant, fails, starts, merged = read_entrant(), take_number(), take_number(), {}
  for i = 1, take_number() do
    merged[i] = take()
  end
  local was_there = redis.call('EXISTS', job_key(entrant.id)) == 1
  local outcome = let_in(entrant)[1]
  if outcome == 'queued' and not was_there then
    note(entrant.id, 'fails', fails, 'starts', math.max(starts, fails), 'spared', math.max(starts - fails, 0))
    for _, bytes in ipairs(merged) do
      takes_up(entrant.id, bytes)
    end
    put = put + 1
  end
end
close_books()
return put

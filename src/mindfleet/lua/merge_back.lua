-- with: common gates waiting entering
-- Gives jobs that are there the payloads that were merged into them, and that Redis has lost since.
-- ARGV  1 time   2 how many payloads   then for each: the job's id, the payload (bytes), and the id of a further run, which sees it
--       if the job runs already
-- Returns how many were missing.
-- Cost: 3 commands a payload; about 15 more for a further run.
local function further_run(job, id, bytes)
  return {
    id = id, queue = job.queue, bytes = bytes, due = '', task = job.task, bot = job.bot, user = job.user, prio = job.prio,
    lane = job.lane, gates = job.gates, deadline = job.deadline, durable = job.durable, name = job.name,
    unique = job.unique, merge = job.merge, supersede = '', again = '',
  }
end

local missing = 0
for _ = 1, take_number() do
  local id, bytes, another = take(), take(), take()
  local job = known(id)
  if job and job.merge ~= '' and takes_up(id, bytes) then
    missing = missing + 1
    if not is_waiting(job) then
      let_in(further_run(job, another, bytes))
    end
  end
end
close_books()
return missing

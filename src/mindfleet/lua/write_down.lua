-- with: common
-- Enters unfinished jobs of which PostgreSQL has no row into the ledger once more.
-- ARGV  1 time   2 how many jobs   then their ids
-- Returns how many were entered: those that are durable and have not ended meanwhile.
-- Cost: 3 commands a job, and 1 for each payload that was merged into it.
local entered = 0
for _ = 1, take_number() do
  local id = take()
  local job, bytes = known(id), redis.call('GET', job_key(id))
  if job and bytes and job.durable == '1' then
    enter('e', 'queued', 'id', id, 'queue', job.queue, 'task', job.task, 'bot', job.bot, 'user', job.user,
      'prio', job.prio, 'lane', job.lane, 'gates', job.gates, 'due', job.due, 'seq', job.seq,
      'deadline', job.deadline, 'name', job.name, 'unique', job.unique or '', 'merge', job.merge or '',
      'supersede', job.supersede, 'job', bytes)
    if job.merge ~= '' then
      for _, merged in ipairs(redis.call('LRANGE', more_key(id), 0, -1)) do
        enter('e', 'merged', 'id', id, 'job', merged)
      end
    end
    if tonumber(job.fails or 0) > 0 then
      enter('e', 'again', 'id', id, 'fails', job.fails, 'due', job.due)
    end
    entered = entered + 1
  end
end
return entered

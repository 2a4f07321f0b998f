-- with: common gates waiting
-- Files a running job anew by what its worker has read in it: a stock producer sends neither order nor priority, and so no gate
-- counts it yet.
-- ARGV  1 time   2 id   3 token   4 task   5 bot   6 user   7 priority   8 lane   9 gates   10 durable (1, 0)
-- Returns 1, or 0 when the token no longer holds.
-- Cost: about 12 commands, O(log n).
local id, token = take(), take()
local task, bot, user, prio, lane, gates, durable = take(), take(), take(), take(), take(), take(), take()
local job = known(id)
if not job or job.token ~= token then
  return 0
end
redis.call('DEL', lock_key(id))
redis.call('HDEL', running_key(job.queue), id)
note(id, 'task', task, 'bot', bot, 'user', user, 'prio', prio, 'lane', lane, 'gates', gates, 'durable', durable,
  'state', 'waiting', 'token', '', 'stock', '0', 'spared', job.spared + 1)
redis.call('HDEL', about_key(id), 'share')
job.share = nil
if durable == '1' then
  enter('e', 'queued', 'id', id, 'queue', job.queue, 'task', task, 'bot', bot, 'user', user, 'prio', prio, 'lane', lane,
    'gates', gates, 'due', job.due, 'seq', job.seq, 'deadline', job.deadline, 'name', '', 'unique', '', 'merge', '',
    'supersede', '', 'job', redis.call('GET', job_key(id)) or '')
end
file(id, job)
close_books()
return 1

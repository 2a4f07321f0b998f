-- with: common life missing gates waiting choosing filing starting
-- Files what is due, and hands up to so many jobs to a worker, each under a token and a lease.
-- ARGV  1 time   2 queue   3 hand: the worker, and a name of this call that no other has   4 room   5 lease, ms   6 whether progress is told (1, 0)
--       7 default priority   8 by how much arq's producers let a job outlive its due time, ms   9 whether to sign in (1, 0)
--       10 whether the worker waits to be woken when it has room left (1, 0)
--       11 what may be among them: 0 any job, 1 none that runs apart, 2 none that lost a lease (see runtime/neighbours.py; may be left out)
--       12 whether lanes wait until what Redis lost is put back (1, 0; may be left out)
-- Returns when the next alarm goes off (ms; -1: never), how many slots a worker shall have (or empty), whether the queue is
-- paused (1, 0), the time, and the jobs, each as: id, token, job (bytes, or empty when it expired), number of the start, due, since when it was
-- ready, failures, deaths, wish to cancel (or empty), deadline (or empty), priority, lane, whether a stock
-- producer sent it (1, 0), how many starts were interrupted, merged payloads, what it has failed of for good (or empty).
-- Cost: O(log n) for each job that is filed or started, whatever waits.
queue, worker, room, lease = take(), take(), take_number(), take_number()
telling, usual, extra = take() == '1', take(), take_number()
counting = telling
local signing, waits = take() == '1', take() == '1'
company = take_number() or 0
incomplete = take() == '1' and is_incomplete()
its_name = string.match(worker, '^[^~]*')

local capacities = set_by_operators()

file_what_is_due(room)
local has_more = false
local paused = capacities['queue:' .. queue] == 0
if room > 0 and not paused then
  has_more = start_chosen()
  if #claims < room and take_lapsed(queue, room - #claims) > 0 then
    has_more = start_chosen() or has_more
  end
  if #claims > 0 then
    take_down()
  else
    has_more = mend_times_before_all() or has_more
  end
end
if signing or incomplete then
  redis.call('SET', fleet_key(queue), 1, 'PX', WEEK)
end
local waiting = waits and #claims < room
if waiting then
  stirred[queue] = nil -- this worker has just looked
end
close_books()
if waiting then
  redis.call('SET', idle_key(queue), 1, 'PX', 60000)
end
local alarm = redis.call('ZRANGEBYSCORE', queue, '(' .. string.format('%d', now), '+inf', 'WITHSCORES', 'LIMIT', 0, 1)
return { has_more and now + 1 or tonumber(alarm[2] or -1), capacities['slots:' .. queue] or '', paused and 1 or 0, now, claims }

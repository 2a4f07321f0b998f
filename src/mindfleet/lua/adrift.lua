-- with: common gates waiting
-- Frees what a worker was given by a claim whose answer it never got.
-- ARGV  1 time   2 queue   3 hand of that claim
-- Returns how many were freed.
-- Cost: O(running jobs of the queue).
local queue, hand = take(), take()
local freed = 0
local running = redis.call('HGETALL', running_key(queue))
for i = 1, #running, 2 do
  local id, whose = running[i], string.match(running[i + 1], '^(%S+) ')
  local job = whose == hand and known(id)
  if job then
    redis.call('DEL', lock_key(id))
    redis.call('HDEL', running_key(queue), id)
    note(id, 'state', 'waiting', 'token', '', 'spared', job.spared + 1)
    file(id, job)
    come_back(id, job)
    freed = freed + 1
  end
end
close_books()
return freed

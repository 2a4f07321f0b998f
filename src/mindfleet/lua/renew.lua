-- with: common
-- Renews leases.
-- ARGV  1 time   2 lease, ms   3 how many   then each: id, token
-- Returns for each `held`, `lost`, or the wish that it be cancelled.
-- Cost: 4 commands a job.
local lease = take_number()
local answers = {}
for i = 1, take_number() do
  local id, token = take(), take()
  local job = redis.call('HMGET', about_key(id), 'token', 'queue', 'cancel')
  if job[1] ~= token then
    answers[i] = 'lost'
  else
    redis.call('ZADD', job[2], 'XX', now + lease, id)
    redis.call('SET', lock_key(id), token, 'PX', lease)
    answers[i] = job[3] or 'held'
  end
end
return answers

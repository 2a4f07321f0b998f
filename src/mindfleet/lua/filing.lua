-- Files what is due on a queue: gives each job its place among those that wait.

local FILED_AT_ONCE = 200
local APART_FROM = 3 -- lost leases
local LONGEST_APART = 30000
local LOOK_AGAIN = 1000

local queue, telling, usual, extra -- see claim.lua

-- A job without a hash comes from a stock producer, and its due time is its number. Its own expiry is a wish, arq's
-- default is none. What an earlier job of that name told is not its own.
local function adopt(id, due)
  redis.call('DEL', progress_key(id))
  local left = redis.call('PTTL', job_key(id))
  if left > 0 and math.abs(now + left - due - extra) < 60000 then
    redis.call('PERSIST', job_key(id))
  end
  note(id, 'queue', queue, 'prio', usual, 'due', due, 'seq', due, 'state', 'waiting', 'stock', 1)
  return known(id)
end

-- Its worker has died, or lost it.
local function cut_off(id, job)
  redis.call('HDEL', running_key(queue), id)
  note(id, 'state', 'waiting', 'token', '', 'deaths', job.deaths + 1, 'spared', job.spared + 1)
  count(queue, 'cut off')
  if telling then
    tell_again(id, 'retrying', 'reason', 'its worker was lost')
  end
end

-- Not now. Neighbours, whose numbers follow each other, come back at different times.
local function stand_aside(id, job, delay)
  note(id, 'state', 'held')
  redis.call('ZADD', queue, now + delay + math.floor(delay * (job.seq * 617 % 1000) / 1000), id)
end

-- When to look at a job again that is in somebody's hands; nil when it is in nobody's. A stock worker says neither how
-- long it will take nor that it lives; of ours, only the end of the lease counts (`Job.abort` moves scores).
local function in_hands_until(id, job)
  local token = redis.call('GET', lock_key(id))
  if token and job and job.token == token then
    return now + math.max(redis.call('PTTL', lock_key(id)), 1)
  end
  return token and now + LOOK_AGAIN
end

-- A job that nobody has gets its place.
local function place_due(id, job, score)
  local was_cut_off = job and job.state == 'running'
  if not job then
    job = adopt(id, score)
  elseif was_cut_off then
    cut_off(id, job)
  end
  if was_cut_off and job.deaths >= APART_FROM then
    stand_aside(id, job, math.min(1000 * 2 ^ (job.deaths - APART_FROM), LONGEST_APART))
  else
    local gate = job.state == 'blocked' and job.gate
    step_back(id, job) -- from a gate that it waited at for so long only
    if tonumber(job.stock) == 0 then
      redis.call('PERSIST', about_key(id))
    end
    file(id, job)
    if gates_of(job)[gate] then
      let_through(gate, 10) -- see `go_on_later`
    end
  end
  if job.using ~= '' then
    come_back(id, job)
  end
end

local function see_to(id, score)
  local job = known(id)
  local later = in_hands_until(id, job)
  if later and not job and redis.call('GET', lock_key(id)) == OVER then
    redis.call('DEL', job_key(id))
    redis.call('ZREM', queue, id)
  elseif later then
    redis.call('ZADD', queue, later, id)
  else
    place_due(id, job, score)
  end
end

local function file_what_is_due(room)
  local due = redis.call('ZRANGEBYSCORE', queue, 0, now, 'WITHSCORES', 'LIMIT', 0, FILED_AT_ONCE + room)
  for i = 1, #due, 2 do
    local fine, problem = pcall(see_to, due[i], tonumber(due[i + 1]))
    if not fine then
      set_aside(due[i], queue, problem)
    end
  end
end

-- A stock producer may name a time before 1970. Below 0 lie the scores of jobs that are filed, so it is given another;
-- returns whether there was one.
local function mend_times_before_all()
  local found = false
  for _, range in ipairs({ { '-inf', '(' .. -FILED }, { '(' .. string.format('%d', now - FILED), '(0' } }) do
    for _, id in ipairs(redis.call('ZRANGEBYSCORE', queue, range[1], range[2], 'LIMIT', 0, FILED_AT_ONCE)) do
      if redis.call('EXISTS', about_key(id)) == 0 then
        redis.call('ZADD', queue, 0, id)
        found = true
      end
    end
  end
  return found
end

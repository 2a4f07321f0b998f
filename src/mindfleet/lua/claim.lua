-- with: common life missing gates waiting choosing
-- Files what is due, and hands up to so many jobs to a worker, each under a token and a lease.
-- ARGV  1 time   2 queue   3 hand: the worker, and a name of this call that no other has   4 room   5 lease, ms   6 whether progress is told (1, 0)
--       7 default priority   8 by how much arq's producers let a job outlive its due time, ms   9 whether to sign in (1, 0)
--       10 whether the worker waits to be woken when it has room left (1, 0)
--       11 what may be among them: 0 any job, 1 none that runs apart, 2 none that lost a lease (see runtime/neighbours.py; may be left out)
--       12 whether lanes wait until what Redis lost is put back (1, 0; may be left out)
-- Returns when the next alarm goes off (ms; -1: never), how many slots a worker shall have (or empty), whether the queue is
-- paused (1, 0), the time, and the jobs, each as: id, token, job (bytes, or empty when it expired), number of the start, due, since when it was
-- ready, failures, deaths, wish to cancel (or empty), deadline (or empty), priority, lane, whether a stock
-- producer sent it (1, 0), how many starts were interrupted, merged payloads.
-- Cost: O(log n) for each job that is filed or started, whatever waits.
local queue, worker, room, lease = take(), take(), take_number(), take_number()
local telling, usual, extra = take() == '1', take(), take_number()
counting = telling
local signing, waits, company, in_order = take() == '1', take() == '1', take_number() or 0, take() == '1'

local FILED_AT_ONCE = 200
local LOOKED_AT = 200 -- jobs that find their gate full; a script that takes long keeps everybody waiting
local LOOK_AGAIN = 1000
local APART_FROM = 3 -- lost leases
local LONGEST_APART = 30000
local TRY_AGAIN = 5000

local its_name = string.match(worker, '^[^~]*')
local capacities = set_by_operators()

local incomplete = in_order and is_incomplete()

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

-- Whether a job may run beside those that the worker has, and whom it may have then.
local function suits(job)
  local deaths = tonumber(job.deaths)
  local needed = deaths >= APART_FROM and 0 or deaths > 0 and 1 or 2
  if company > needed then
    return false
  end
  company = math.max(company, 2 - needed)
  return true
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

-- One that breaks the script, say by a key that somebody else has written, must not hold up all others: it is looked at
-- again later.
local function set_aside(id, problem)
  redis.log(redis.LOG_WARNING, 'job ' .. id .. ' on ' .. queue .. ': ' .. tostring(type(problem) == 'table' and problem.err or problem))
  pcall(note, id, 'state', 'held') -- its hash may be what is broken
  redis.call('ZADD', queue, now + TRY_AGAIN, id)
end

local function file_what_is_due()
  local due = redis.call('ZRANGEBYSCORE', queue, 0, now, 'WITHSCORES', 'LIMIT', 0, FILED_AT_ONCE + room)
  for i = 1, #due, 2 do
    local fine, problem = pcall(see_to, due[i], tonumber(due[i + 1]))
    if not fine then
      set_aside(due[i], problem)
    end
  end
end

local function begin(id, job, gates)
  local starts = job.starts + 1
  local token = worker .. ':' .. starts
  note(id, 'state', 'running', 'token', token, 'starts', starts)
  if next(gates) then
    note(id, 'using', take_places(id, gates))
  end
  redis.call('SET', lock_key(id), token, 'PXAT', now + lease)
  if job.unique == 'started' then
    free_name(id, job, 'started')
  end
  if telling then
    tell(id, 'started', 'worker', its_name, 'start', starts)
  end
  return { id, token, '', starts, job.due, job.since or now,
    tonumber(job.fails), tonumber(job.deaths), job.cancel, job.deadline, job.prio, job.lane,
    tonumber(job.stock), tonumber(job.spared), job.merge ~= '' and redis.call('LRANGE', more_key(id), 0, -1) or {} }
end

local claims = {}

-- What is the same for all that were started is written, and their bytes are read, together.
local function take_down()
  local leases, runs, keys = {}, {}, {}
  local since = worker .. ' ' .. string.format('%d', now)
  for i, claim in ipairs(claims) do
    local id = claim[1]
    leases[2 * i - 1], leases[2 * i] = now + lease, id
    runs[2 * i - 1], runs[2 * i] = id, since
    keys[i] = job_key(id)
  end
  redis.call('ZADD', queue, unpack(leases))
  redis.call('HSET', running_key(queue), unpack(runs))
  for i, bytes in ipairs(redis.call('MGET', unpack(keys))) do
    claims[i][3] = bytes or ''
  end
end

local function start(member)
  local id = id_of(member)
  local job = known(id)
  if not job or job.state ~= 'ready' then
    return -- it ended elsewhere, or was overtaken since it was chosen
  end
  local gates = gates_of(job)
  local through = job.through
  local full = incomplete and job.lane ~= '' and INCOMPLETE or full_gate(gates, through)
  if through ~= '' then
    note(id, 'through', '')
    redis.call('ZREM', PASSES, id)
  end
  if not full and job.deaths ~= 0 and not suits(job) then
    stand_aside(id, job, 500)
    return leave(through, id)
  end
  if full then
    wait_at(full, id, job)
    if full == INCOMPLETE then
      redis.call('ZADD', queue, now + 250, id) -- should nobody open it
    end
  else
    claims[#claims + 1] = begin(id, job, gates)
  end
  for gate in each_gate(through) do
    if full or not gates[gate] then
      leave(gate, id)
    end
  end
end

local function start_or_set_aside(member)
  local fine, problem = pcall(start, member)
  local last = claims[#claims]
  if not fine and (not last or last[1] ~= id_of(member)) then
    set_aside(id_of(member), problem)
  end
end

-- Returns whether it looked at as many as it may, so that there may be more.
local function start_chosen()
  local reached, looked = {}, 0
  while #claims < room and looked < room + LOOKED_AT do
    local chosen = choose(queue, room - #claims, telling) -- where all have one priority, nobody is left behind
    if #chosen == 0 then
      break
    end
    looked = looked + #chosen / 2
    local members = {}
    for i = 1, #chosen, 2 do
      members[#members + 1] = chosen[i]
    end
    redis.call('ZREM', ready_key(queue), unpack(members))
    for i = 1, #chosen, 2 do
      local score = tonumber(chosen[i + 1])
      local prio = TOP - math.floor(score / CLASS)
      start_or_set_aside(chosen[i])
      reached[prio] = math.max(reached[prio] or 0, score % CLASS)
    end
  end
  keep_pace(queue, reached)
  return looked >= room + LOOKED_AT
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

file_what_is_due()
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
if signing then
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

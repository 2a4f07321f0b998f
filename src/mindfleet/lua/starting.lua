-- Starts jobs that are ready, each under a token and a lease.

local LOOKED_AT = 200 -- jobs that find their gate full; a script that takes long keeps everybody waiting

local worker, its_name, room, lease, company, incomplete -- see claim.lua
local claims

before_call[#before_call + 1] = function()
  claims = {}
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

local function hand_out(id, job, gates)
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
    tonumber(job.stock), tonumber(job.spared), job.merge ~= '' and redis.call('LRANGE', more_key(id), 0, -1) or {}, job.dying }
end

-- A stock worker that serves the same queue takes jobs that are ready here, and ends them. Only a stock producer's own
-- are left to it: what the fleet knows of the others, it has to end itself.
local function may_be_arqs(job)
  return tonumber(job.stock) == 1 and job.lane == '' and job.gates == ''
end

-- As if it had never been seen: should that worker die, it is filed anew.
local function leave_to_arq(id)
  redis.call('DEL', about_key(id))
  redis.call('ZADD', queue, 'XX', now + LOOK_AGAIN, id)
  forget(id)
end

-- Without its bytes a job expired, or a stock worker has ended it: then the queue has it no more.
local function drop_what_arq_ended()
  local keys, left = {}, {}
  for i, claim in ipairs(claims) do
    keys[i] = job_key(claim[1])
  end
  for i, bytes in ipairs(redis.call('MGET', unpack(keys))) do
    local claim = claims[i]
    claim[3] = bytes or ''
    if bytes or not may_be_arqs(known(claim[1])) or redis.call('ZSCORE', queue, claim[1]) then
      left[#left + 1] = claim
    else
      forget(claim[1])
      sweep_later(claim[1], queue)
    end
  end
  claims = left
end

-- What is the same for all that were started is written, and their bytes are read, together.
local function take_down()
  drop_what_arq_ended()
  local leases, runs = {}, {}
  local since = worker .. ' ' .. string.format('%d', now)
  for i, claim in ipairs(claims) do
    local id = claim[1]
    leases[2 * i - 1], leases[2 * i] = now + lease, id
    runs[2 * i - 1], runs[2 * i] = id, since
  end
  if #claims > 0 then
    redis.call('ZADD', queue, unpack(leases))
    redis.call('HSET', running_key(queue), unpack(runs))
  end
end

-- The gate at which a job that was chosen has to wait; nil: it may start.
local function gate_in_its_way(job, gates)
  if incomplete and job.lane ~= '' then
    return INCOMPLETE
  end
  return full_gate(gates, job.through)
end

local function stop_at(gate, id, job)
  wait_at(gate, id, job)
  if gate == INCOMPLETE then
    redis.call('ZADD', queue, now + 250, id) -- should nobody open it
  end
end

local function use_up_pass(id, job)
  if job.through ~= '' then
    note(id, 'through', '')
    redis.call('ZREM', PASSES, id)
  end
end

local function start(member)
  local id = id_of(member)
  local job = known(id)
  if not job or job.state ~= 'ready' then
    return -- it ended elsewhere, or was overtaken since it was chosen
  end
  if may_be_arqs(job) and redis.call('EXISTS', lock_key(id)) == 1 then
    return leave_to_arq(id)
  end
  local gates, through = gates_of(job), job.through
  local closed = gate_in_its_way(job, gates)
  local may_start = not closed and (job.deaths == 0 or suits(job))
  use_up_pass(id, job)
  if may_start then
    claims[#claims + 1] = hand_out(id, job, gates)
  elseif closed then
    stop_at(closed, id, job)
  else
    stand_aside(id, job, 500)
  end
  for gate in each_gate(through) do -- the next takes the places that this one leaves
    if not may_start or not gates[gate] then
      leave(gate, id)
    end
  end
end

local function start_or_set_aside(member)
  local fine, problem = pcall(start, member)
  local last = claims[#claims]
  if not fine and (not last or last[1] ~= id_of(member)) then
    set_aside(id_of(member), queue, problem)
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

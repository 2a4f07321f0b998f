-- Gates: who is behind one, who waits before it, and who may pass next, whatever queues they are of.

-- Who is let through has a place behind each of its gates while it waits for a slot: all of them or none, so that nobody
-- holds what another waits for. Where its queue has no slot, others who have one take its places after so many ms.
local PASS_HOLDS = 500
local PASSES_AT_ONCE = 100
local LOOKED_BEHIND = 100 -- those who wait at one gate and find another one full
local PASSES = 'mindfleet:passes' -- id, until when its pass holds against all others; the gates are in its hash, `through`

local EVERY = 8 -- starts, of which one is for whoever has waited longest
local LONG_WAIT = 30000

local file, step_back -- see waiting.lua

local function turns_key(gate) return 'mindfleet:turns:' .. gate end
local function before_key(gate, queue) return 'mindfleet:before:' .. queue .. ':' .. gate end

local function no_gate() end

-- Gates in a job's hash, one a line.
local function each_gate(lines)
  return lines == '' and no_gate or string.gmatch(lines, '[^\n]+')
end

local numbers -- what operators set, by gate; read once a call

before_call[#before_call + 1] = function()
  numbers = nil
end

local function set_by_operators()
  if not numbers then
    numbers = {}
    local set = redis.call('HGETALL', 'mindfleet:gates')
    for i = 1, #set, 2 do
      numbers[set[i]] = tonumber(set[i + 1])
    end
  end
  return numbers
end

-- The gates that count a job: those that its task declares, and whatever an operator set for its task or bot.
local function gates_of(job)
  local gates, set = {}, set_by_operators()
  if job.gates ~= '' then
    for gate, capacity in string.gmatch(job.gates, '(%S+)=(%d+)') do
      gates[gate] = set[gate] or tonumber(capacity)
    end
  end
  if next(set) then
    for _, gate in ipairs({ 'task:' .. job.task, 'bot:' .. job.bot }) do
      gates[gate] = set[gate]
    end
  end
  return gates
end

-- One of the gates that has no room for a job which has places behind some already; nil: none.
local function full_gate(gates, has)
  if not next(gates) then
    return nil
  end
  local places = {}
  for gate in each_gate(has) do
    places[gate] = 1
  end
  for gate, capacity in pairs(gates) do
    if redis.call('SCARD', using_key(gate)) >= capacity + (places[gate] or 0) then
      return gate
    end
  end
end

-- Takes a place behind each; returns them as lines.
local function take_places(id, gates)
  local lines = {}
  for gate in pairs(gates) do
    redis.call('SADD', using_key(gate), id)
    lines[#lines + 1] = gate
  end
  return table.concat(lines, '\n')
end

local function hold_pass(id, lines)
  redis.call('ZADD', PASSES, now + PASS_HOLDS, id)
  note(id, 'through', lines)
end

-- The score of the first of a class that waits there.
local function first_turn(gate, class)
  local first = redis.call('ZRANGEBYSCORE', blocked_key(gate), class, class + CLASS - 1, 'WITHSCORES', 'LIMIT', 0, 1)
  return first[2]
end

-- Users take turns at a gate as they do on a queue (see `next_share`), but shares of different queues do not compare. Who
-- comes back to a gate keeps his turn.
local function turn_at(gate, job)
  local class = (TOP - job.prio) * CLASS
  local whose = job.prio .. ' ' .. job.user
  local last = tonumber(redis.call('ZSCORE', turns_key(gate), whose) or -1)
  local turn = math.max(tonumber(first_turn(gate, class) or class), last + 1)
  local had = job.gate == gate and tonumber(job.turn)
  if had and had < turn then
    turn = had
  end
  redis.call('ZADD', turns_key(gate), math.max(turn, last), whose)
  return turn
end

local function wait_at(gate, id, job)
  local turn, member = turn_at(gate, job), member_of(id, job)
  redis.call('ZADD', blocked_key(gate), turn, member)
  redis.call('ZADD', before_key(gate, job.queue), turn, member)
  note(id, 'state', 'blocked', 'gate', gate, 'turn', turn)
end

-- Turns are remembered from the first on that waits.
local function leave_line(gate, member, queue)
  local turn = redis.call('ZSCORE', blocked_key(gate), member)
  redis.call('ZREM', blocked_key(gate), member)
  redis.call('ZREM', before_key(gate, queue), member)
  if turn then
    local class = math.floor(turn / CLASS) * CLASS
    local first = first_turn(gate, class)
    redis.call('ZREMRANGEBYSCORE', turns_key(gate), class, first and '(' .. first or class + CLASS - 1)
  end
end

-- Of the first of each priority, whoever has waited longest, if that is long.
local function left_behind(line, first_score)
  local last = redis.call('ZRANGE', line, -1, -1, 'WITHSCORES')
  if math.floor(last[2] / CLASS) == math.floor(first_score / CLASS) then
    return nil -- all have one priority
  end
  local oldest, its_score, since
  for class = 0, TOP do
    local first = redis.call('ZRANGEBYSCORE', line, class * CLASS, (class + 1) * CLASS - 1, 'WITHSCORES', 'LIMIT', 0, 1)
    local job = first[1] and known(id_of(first[1]))
    local its_since = first[1] and tonumber(job and job.since or now)
    if its_since and (not since or its_since < since) then
      oldest, its_score, since = first[1], first[2], its_since
    end
  end
  if since and now - since > LONG_WAIT then
    return oldest, its_score
  end
end

-- Who passes next; in one second of eight whoever is left behind, and since when he waits, so that he is soon given a slot.
local function next_at(gate)
  local first = redis.call('ZRANGE', blocked_key(gate), 0, 0, 'WITHSCORES')
  local ages = first[1] and math.floor(now / 1000) % EVERY == 0
  local oldest = ages and left_behind(blocked_key(gate), first[2])
  return oldest or first[1], oldest and known(id_of(oldest)).since
end

-- Returns whether it can go on at once: where its lane has somebody before it, it leaves the gate all the same.
local function pass(gate, id, job, gates, since)
  leave_line(gate, member_of(id, job), job.queue)
  file(id, job)
  local goes_on = job.state == 'ready'
  if since then
    note(id, 'since', since)
  end
  if goes_on and next(gates) then
    hold_pass(id, take_places(id, gates))
  end
  return goes_on
end

-- There may be room for those that were not looked at: the first of them has an alarm, at which its queue goes on here.
local function go_on_later(gate)
  local member = redis.call('ZRANGE', blocked_key(gate), 0, 0)[1]
  local job = member and known(id_of(member))
  if job then
    redis.call('ZADD', job.queue, now + 1, id_of(member))
    stir(job.queue)
  end
end

-- Who waits at a gate is let through while there is room, up to so many; returns how many were that can go on at once.
local function let_through(gate, most)
  local through, looked = 0, 0
  while through < most and looked < most + LOOKED_BEHIND do
    local member, since = next_at(gate)
    if not member then
      break
    end
    local id = id_of(member)
    local job = known(id)
    local gates = job and gates_of(job)
    if gates and full_gate({ [gate] = gates[gate] }, '') then
      break
    end
    local other = gates and full_gate(gates, '')
    if not job then
      leave_line(gate, member, '')
    elseif other then
      leave_line(gate, member, job.queue)
      wait_at(other, id, job)
    elseif pass(gate, id, job, gates, since) then
      through = through + 1
    end
    looked = looked + 1
  end
  if looked == most + LOOKED_BEHIND then
    go_on_later(gate)
  end
  return through
end

local function leave(lines, id)
  for gate in each_gate(lines) do
    redis.call('SREM', using_key(gate), id)
  end
  for gate in each_gate(lines) do
    let_through(gate, 10)
  end
end

-- Who was interrupted, and is ready again, comes before those who wait.
local function come_back(id, job)
  local gates = job.using
  note(id, 'using', '')
  if gates ~= '' and job.state == 'ready' then
    hold_pass(id, gates)
  else
    leave(gates, id)
  end
end

-- Who was let through goes another way: the next may pass.
local function give_back(id, through)
  if through ~= '' then
    redis.call('ZREM', PASSES, id)
    leave(through, id)
  end
end

-- One of that queue that waits where this one was let through, and may pass in its place.
local function next_of(queue, job)
  for gate in each_gate(job.through) do
    local first = redis.call('ZRANGE', before_key(gate, queue), 0, 0)[1]
    local other = first and known(id_of(first))
    if other and not full_gate(gates_of(other), job.through) then
      return gate, id_of(first), other
    end
  end
end

-- Whose pass has lapsed; of very many others at each time, so that nobody stands behind those whom no queue can use.
local function lapsed()
  local first = redis.call('ZRANGEBYSCORE', PASSES, '-inf', now, 'LIMIT', 0, PASSES_AT_ONCE)
  if #first < PASSES_AT_ONCE then
    return first
  end
  local pages = math.ceil(redis.call('ZCOUNT', PASSES, '-inf', now) / PASSES_AT_ONCE)
  local page = math.floor(now / PASS_HOLDS) % pages
  return redis.call('ZRANGEBYSCORE', PASSES, '-inf', now, 'LIMIT', page * PASSES_AT_ONCE, PASSES_AT_ONCE)
end

-- A queue that has slots free takes the places of those who were let through long enough ago and found none.
-- Returns how many it took.
local function take_lapsed(queue, most)
  local taken = 0
  for _, id in ipairs(lapsed()) do
    local job = known(id)
    local gate, other_id, other
    if not job then
      redis.call('ZREM', PASSES, id)
    elseif taken < most and job.queue ~= queue then
      gate, other_id, other = next_of(queue, job)
    end
    if gate then
      local through = job.through
      step_back(id, job)
      redis.call('ZREM', PASSES, id)
      note(id, 'through', '')
      wait_at(gate, id, job)
      taken = taken + (pass(gate, other_id, other, gates_of(other)) and 1 or 0)
      leave(through, id)
    end
  end
  return taken
end

-- How one job enters, be it enqueued by a producer or following from another job. Its seventeen arguments are read in turn:
--   id  queue  job (bytes)  due (ms; empty: now)  task  bot  user  priority  lane  gates  deadline (ms or empty)
--   durable (1 or 0)  name (or empty)  unique (done, started, a window in ms, or empty)
--   merge (wait:longest in ms, or empty)  supersede (1 or empty)
--   again (1: PostgreSQL has it and Redis may not; 2: its producer does not know who has it; 3: the same of an id that names
--   one piece of work for ever, whoever enqueues it; or empty)

local function read_entrant()
  return {
    id = take(), queue = take(), bytes = take(), due = take(), task = take(), bot = take(), user = take(),
    prio = take(), lane = take(), gates = take(), deadline = take(), durable = take(), name = take(),
    unique = take(), merge = take(), supersede = take(), again = take(),
  }
end

local MERGED_AT_MOST = 200 -- payloads into one job; the next trigger is a further run, which takes up those after it

local function is_waiting(job)
  return job.state ~= 'running'
end

-- The due time of a job that further triggers put off: a while after the last, but not longer than the longest wait, and
-- never earlier than it was due.
local function put_off(job)
  local wait, longest = string.match(job.merge, '^(%d+):(%d+)$')
  return math.max(tonumber(job.due), math.min(tonumber(job.first) + longest, now + wait))
end

-- Whether the job knows nothing of these bytes yet; it does from now on.
local function takes_up(id, bytes)
  if redis.call('LPOS', more_key(id), bytes) or redis.call('GET', job_key(id)) == bytes then
    return false
  end
  redis.call('RPUSH', more_key(id), bytes)
  return true
end

-- A run is worth starting for as long as the trigger in it that is worth it for the longest, had it come by itself.
local function deadline_with(job, entrant)
  if job.deadline == '' or entrant.deadline == '' then
    return ''
  end
  local worth = entrant.deadline - (tonumber(entrant.due) or now)
  return math.max(tonumber(job.deadline), tonumber(entrant.deadline), job.due + worth)
end

local function merge_into(id, job, entrant)
  local entry = ''
  if takes_up(id, entrant.bytes) then
    if job.durable == '1' then
      entry = enter('e', 'merged', 'id', id, 'job', entrant.bytes)
    end
    if job.state == 'waiting' and tonumber(redis.call('ZSCORE', job.queue, id)) >= 0 then
      local due = put_off(job)
      note(id, 'due', due)
      redis.call('ZADD', job.queue, due, id)
    end
    if job.deadline ~= '' then
      note(id, 'deadline', deadline_with(job, entrant))
    end
  end
  return { 'merged', id, entry }
end

-- They run a job alone, whatever was merged into it.
local function is_of_stock_workers(queue)
  return redis.call('EXISTS', fleet_key(queue)) == 0 and redis.call('EXISTS', queue .. ':health-check') == 1
end

-- Not one that shall end, none that a version enqueued which merges nothing, and none that a stock worker would run.
local function takes_more(id, job)
  if job.merge == '' or not is_waiting(job) or job.dying ~= '' or job.cancel ~= '' or is_of_stock_workers(job.queue) then
    return false
  end
  return redis.call('LLEN', more_key(id)) < MERGED_AT_MOST
end

-- Whether a trigger would be run before its time, or is repeated and was one that would have been.
local function runs_apart(job, entrant)
  local due = tonumber(entrant.due)
  return due and (due > math.max(put_off(job), now) or redis.call('GET', job_key(entrant.id)) == entrant.bytes)
end

-- What the job that holds the name makes of a further trigger; from one that runs apart it keeps the name.
local function meet_gathering(id, job, entrant)
  if not takes_more(id, job) then
    return nil
  end
  entrant.is_apart = runs_apart(job, entrant)
  return not entrant.is_apart and merge_into(id, job, entrant) or nil
end

-- The one before makes way: at once if it waits, else as soon as its worker has stopped it. One that has failed for good
-- and waits to be parked is to be seen by a person all the same.
local function supersede(id, job)
  if is_waiting(job) and job.dying ~= '' then
    return
  end
  if is_waiting(job) then
    remove(id, job, 'superseded')
    announce(id, job, '', 'superseded', '{"error":"Superseded","message":"a newer one took its place"}')
  else
    note(id, 'cancel', 'superseded')
    redis.call('PUBLISH', 'mindfleet:cancel', 'superseded ' .. id)
  end
end

-- One that was accepted before Redis lost it runs beside those that came after; it takes the place of none of them.
local function meet_newer(entrant, holder, job)
  if entrant.supersede ~= '1' then
    return nil
  end
  if job.again == '' then
    if entrant.durable == '1' then
      enter('e', 'ended', 'id:' .. entrant.id, 'superseded')
    end
    return { 'duplicate', holder, '' }
  end
  supersede(holder, job)
end

-- One that a stock worker has done left its hash behind.
local function known_here(id)
  local job = known(id)
  return job and redis.call('ZSCORE', job.queue, id) and job or nil
end

-- Who holds a name, if he has not just left it.
local function holder_of(name)
  local key = unique_key(name)
  local holder = redis.call('GET', key)
  return holder and freed[holder] ~= key and holder or nil
end

-- What the job that holds the name makes of this one; nil: it goes its own way.
local function meet_holder(entrant)
  local holder = holder_of(entrant.name)
  if not holder then
    return nil
  end
  local job = known_here(holder)
  if not job and not tonumber(entrant.unique) then
    return nil
  end
  if not job then -- it has ended, and its window has not
    if entrant.again ~= '' and entrant.durable == '1' and holder ~= entrant.id then
      enter('e', 'ended', 'id:' .. entrant.id, 'superseded')
    end
    return { 'duplicate', holder, '' }
  end
  if holder == entrant.id then
    return nil
  end
  if entrant.again ~= '' then
    return meet_newer(entrant, holder, job)
  end
  if entrant.merge ~= '' then
    return meet_gathering(holder, job, entrant)
  end
  if entrant.supersede == '1' then
    supersede(holder, job)
    return nil
  end
  return { 'duplicate', holder, '' }
end

local function hold_name(entrant)
  local window = tonumber(entrant.unique)
  if entrant.is_apart or (entrant.again ~= '' and entrant.supersede == '' and holder_of(entrant.name)) then
    return -- it is another one's
  end
  if window then
    redis.call('SET', unique_key(entrant.name), entrant.id, 'PX', window)
  else
    redis.call('SET', unique_key(entrant.name), entrant.id)
  end
end

local function ledger_entry(entrant, lane, due, seq)
  if entrant.durable ~= '1' or entrant.again == '1' then
    return ''
  end
  return enter('e', 'queued', 'id', entrant.id, 'queue', entrant.queue, 'task', entrant.task, 'bot', entrant.bot,
    'user', entrant.user, 'prio', entrant.prio, 'lane', lane, 'gates', entrant.gates, 'due', due, 'seq', seq,
    'deadline', entrant.deadline, 'name', entrant.name, 'unique', entrant.unique, 'merge', entrant.merge,
    'supersede', entrant.supersede, 'job', entrant.bytes)
end

local function write_down(entrant, due)
  local seq = redis.call('INCR', 'mindfleet:seq')
  local lane = entrant.lane
  if lane == '' and (entrant.merge ~= '' or entrant.supersede == '1') then
    lane = 'name:' .. entrant.name -- so that the next run begins after this one
  end
  local said = { 'queue', entrant.queue, 'prio', entrant.prio, 'due', due, 'seq', seq, 'state', 'waiting' }
  local function say(field, value)
    if value ~= '' then
      said[#said + 1], said[#said + 2] = field, value
    end
  end
  say('lane', lane)
  for _, field in ipairs({ 'task', 'bot', 'user', 'gates', 'deadline', 'durable', 'name', 'unique', 'merge', 'supersede', 'again' }) do
    say(field, entrant[field])
  end
  say('entry', ledger_entry(entrant, lane, due, seq))
  say('first', entrant.merge ~= '' and now or '')
  local job = new(entrant.id)
  note(entrant.id, unpack(said))
  return job
end

-- The due time of a job that waits for further triggers; its deadline counts from then.
local function wait_for_more(entrant, asked)
  local wait = tonumber(string.match(entrant.merge, '^%d+'))
  local due = math.max(asked, now + wait)
  if entrant.deadline ~= '' then
    entrant.deadline = entrant.deadline + math.min(due - asked, wait)
  end
  return due
end

-- Only where our workers are is a job filed at once; elsewhere it waits as arq's jobs do. What one of them puts back comes
-- to where they are, though Redis may have lost that, too.
local function place(id, job)
  local ours = job.again == '1' or redis.call('EXISTS', fleet_key(job.queue)) == 1
  if not ours then
    passing[id] = math.max(job.due - now, 0) + WEEK
  end
  if ours and job.due <= now then
    file(id, job)
  else
    redis.call('ZADD', job.queue, job.due, id)
    if job.due <= now + 1000 then
      stir(job.queue)
    end
  end
end

-- When a job was enqueued, or that of which this is the result; nil where nobody can read that.
local function enqueued_at(bytes)
  local fine, told = pcall(cjson.decode, bytes)
  if not fine then
    fine, told = pcall(cmsgpack.unpack, bytes)
  end
  return fine and type(told) == 'table' and tonumber(told.et) or nil
end

-- Whether the result that is kept under its id is that of this call: an id may be used again, and Redis may have come back
-- as it was before.
local function is_its_result(entrant, result)
  local mine, its = enqueued_at(entrant.bytes), enqueued_at(result)
  return entrant.again == '3' or not mine or not its or mine == its
end

-- Returns outcome, id and ledger entry. The same bytes under the same id are the same call (each has a nonce), sent
-- again after its answer was lost.
local function let_in(entrant)
  sweep_before(entrant.id)
  local there = entrant.supersede == '1' and redis.call('GET', job_key(entrant.id))
  if there and there ~= entrant.bytes then
    return { 'duplicate', entrant.id, '' } -- who does not come in takes nobody's place
  end
  local met = entrant.name ~= '' and meet_holder(entrant) or nil
  if met then
    return met
  end
  local result = entrant.again ~= '' and redis.call('GET', result_key(entrant.id))
  if result and is_its_result(entrant, result) then
    return { 'duplicate', entrant.id, '' } -- it is done already
  end
  if not redis.call('SET', job_key(entrant.id), entrant.bytes, 'NX') then
    local again = redis.call('GET', job_key(entrant.id)) == entrant.bytes
    local job = again and known(entrant.id)
    return { again and 'queued' or 'duplicate', entrant.id, job and job.entry or '' }
  end
  -- of an earlier job of that name, be it that a stock worker has done it
  redis.call('DEL', result_key(entrant.id), progress_key(entrant.id), about_key(entrant.id), more_key(entrant.id))
  local due = math.max(tonumber(entrant.due) or now, 0)
  if entrant.merge ~= '' then
    due = wait_for_more(entrant, due)
  end
  local job = write_down(entrant, due)
  if entrant.name ~= '' then
    hold_name(entrant)
  end
  place(entrant.id, job)
  return { 'queued', entrant.id, job.entry }
end

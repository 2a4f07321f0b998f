-- What becomes of a job whose attempt is over: it ends, is to be tried again, or goes back where it was.

local worker, telling -- see settle.lua

local function stop(id, job)
  redis.call('DEL', lock_key(id))
  redis.call('HDEL', running_key(job.queue), id)
end

local function finish(id, job, verdict)
  keep_result(id, verdict.result, verdict.keep)
  remove(id, job, verdict.outcome)
  if verdict.guard > 0 then
    sweep()
    redis.call('SET', lock_key(id), OVER, 'PX', verdict.guard)
  end
  if telling then
    announce(id, job, worker, verdict.outcome, verdict.text)
  else
    redis.call('ZREM', 'arq:abort', id) -- none is to meet the next job of this id
  end
  for _, entrant in ipairs(verdict.following) do
    let_in(entrant)
  end
end

-- Not due for a while. Its lane waits for it, if that is not too long.
local function again(id, job, verdict)
  stop(id, job)
  leave(job.using, id)
  if job.cancel ~= '' then -- its end was asked for: no use in waiting
    verdict.delay, verdict.gate = 0, ''
  end
  local fails, held = job.fails + verdict.failed, job.held + verdict.delay
  note(id, 'state', 'held', 'token', '', 'using', '', 'fails', fails, 'held', held,
    'deaths', verdict.ran == '1' and 0 or job.deaths)
  if verdict.failed > 0 or verdict.dying ~= '' or fails == 0 then -- to be put off is no error, and hides none
    note(id, 'why', verdict.why)
  end
  if verdict.dying ~= '' then
    note(id, 'dying', verdict.dying)
  end
  count(job.queue, verdict.outcome)
  if held > verdict.hold then
    leave_lane(id, job)
  end
  if verdict.gate ~= '' then
    wait_at(verdict.gate, id, job)
  end
  redis.call('ZADD', job.queue, now + verdict.delay, id)
  if verdict.delay <= 1000 then
    stir(job.queue)
  end
  if telling then
    tell_again(id, 'retrying', 'outcome', verdict.outcome, 'delay', verdict.delay, 'reason', verdict.why)
  end
  if job.durable == '1' and verdict.failed > 0 then
    enter('e', 'again', 'id', id, 'fails', fails, 'due', now + verdict.delay)
  end
end

local function hand_back(id, job)
  stop(id, job)
  note(id, 'state', 'waiting', 'token', '', 'spared', job.spared + 1)
  count(job.queue, 'handed back')
  file(id, job)
  come_back(id, job)
end

local function read_end()
  local verdict = { outcome = take(), result = take(), keep = take_number(), text = take(), guard = take_number(), following = {} }
  for i = 1, take_number() do
    verdict.following[i] = read_entrant()
  end
  return verdict
end

local function read_again()
  return { outcome = take(), delay = take_number(), failed = take_number(), hold = take_number(), why = take(), gate = take(), ran = take(),
    dying = take() }
end

local function nothing() end

local function held_by(id, token)
  local job = known(id)
  return job and job.token == token and job or nil
end

-- What the end of a job needs of it is little, unless others were merged into it; nil when another runs it. What this
-- script has done with it already is not written yet.
local function ending(id, token)
  if seen[id] ~= nil then
    return held_by(id, token)
  end
  local told = redis.call('HMGET', about_key(id), 'token', 'queue', 'task', 'bot', 'durable', 'using', 'lane', 'seq', 'name',
    'unique', 'merge')
  if told[1] ~= token then
    return nil
  end
  if told[11] then
    return known(id)
  end
  return { state = 'running', queue = told[2], task = told[3] or '', bot = told[4] or '', durable = told[5] or '0',
    using = told[6] or '', lane = told[7] or '', seq = told[8], name = told[9] or '', unique = told[10] or '', merge = '',
    through = '' }
end

local readers = { ['end'] = read_end, again = read_again, back = nothing }
local finders = { ['end'] = ending, again = held_by, back = held_by }
local doers = { ['end'] = finish, again = again, back = hand_back }

-- with: common gates waiting entering
-- Settles what came of attempts, each only for the token that it was claimed with.
-- ARGV  1 time   2 worker   3 whether to tell of it (1, 0)   4 what to do with results (see waiting.lua)   5 how many verdicts
--       then each: id, token, verb and
--         end    outcome, result (bytes), how long to keep it (ms; 0: not, -1: for ever), its text for the streams,
--                for how long nobody may run one of its id (ms), how many jobs follow, those (see entering.lua)
--         again  outcome, delay (ms), whether it failed (1, 0), for how long its lane waits for it in all (ms), why, gate to wait at (or empty),
--                whether an attempt ended by itself (1, 0), which clears it of lost leases, what it has failed of for good (or empty):
--                every later claim tells that, and no trigger is merged into it any more
--         back   (interrupted: first in line again, at no cost)
-- Returns for each 1, or 0 when the token no longer holds and nothing was changed, or why it cannot be settled; an error
-- when that is so of the first.
-- Cost: about 10 commands a job, O(log n).
local worker, telling = take(), take() == '1'
hear_of_results(take())
counting = telling

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

-- What the others left to be written must be written, whichever breaks. The first may also break because Redis takes nothing.
local settled, has_written = {}, false
for i = 1, take_number() do
  local id, token, verb = take(), take(), take()
  local verdict = readers[verb]()
  local job = finders[verb](id, token)
  settled[i] = 0
  if job then
    local done, why = pcall(doers[verb], id, job, verdict)
    if not done and not has_written then
      end_script()
      return redis.error_reply(why)
    end
    settled[i], has_written = done and 1 or why, true
  end
end
end_script()
return settled

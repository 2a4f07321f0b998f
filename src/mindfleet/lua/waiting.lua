-- How jobs wait: ready, behind the head of their lane, or at a gate.

local TRY_AGAIN = 5000

-- The greatest share that was started.
local function pace_of(queue, prio)
  return tonumber(redis.call('HGET', pace_key(queue), prio) or 0)
end

-- The share of the next job of a user: start-time fair queueing with a cost of one a job.
-- Jobs of nobody take the share that is due.
local function next_share(queue, prio, user)
  local pace = pace_of(queue, prio)
  if user == '' then
    return pace
  end
  local last = tonumber(redis.call('ZSCORE', share_key(queue, prio), user) or -1)
  local share = math.max(pace, last + 1)
  redis.call('ZADD', share_key(queue, prio), share, user)
  return share
end

-- A job that comes back keeps the share that it had.
local function make_ready(id, job)
  local share = tonumber(job.share) or next_share(job.queue, job.prio, job.user)
  local score = (TOP - job.prio) * CLASS + share
  redis.call('ZADD', ready_key(job.queue), score, member_of(id, job))
  note(id, 'state', 'ready', 'share', share, 'since', now)
  stir(job.queue)
end

local function comes_before(one, other)
  local first, second = tonumber(one.due), tonumber(other.due)
  return first < second or (first == second and tonumber(one.seq) < tonumber(other.seq))
end

function step_back(id, job)
  if job.state == 'ready' then
    redis.call('ZREM', ready_key(job.queue), member_of(id, job))
  elseif job.state == 'blocked' then
    leave_line(job.gate, member_of(id, job), job.queue)
  end
end

local function may_be_overtaken(job)
  return job.state == 'ready' or job.state == 'blocked'
end

-- The first of a lane takes its turn. What ended elsewhere (under a stock worker) is passed over.
local function next_turn(lane)
  while true do
    local first = redis.call('ZRANGE', lane_key(lane), 0, 0)[1]
    if not first then
      redis.call('DEL', head_key(lane))
      return
    end
    local id = id_of(first)
    local job = known(id)
    if job then
      redis.call('SET', head_key(lane), id)
      make_ready(id, job)
      return
    end
    redis.call('ZREM', lane_key(lane), first)
  end
end

local function stand_in_lane(id, job)
  redis.call('ZADD', lane_key(job.lane), job.due, member_of(id, job))
  local head = redis.call('GET', head_key(job.lane))
  local before = head and head ~= id and known(head)
  if before and not (may_be_overtaken(before) and comes_before(job, before)) then
    note(id, 'state', 'waiting')
  elseif before then
    local through = before.through
    step_back(head, before)
    note(head, 'state', 'waiting', 'through', '')
    note(id, 'state', 'waiting')
    next_turn(job.lane) -- not always that of who came: the head may have kept its turn before others
    give_back(head, through)
  else
    redis.call('SET', head_key(job.lane), id)
    make_ready(id, job)
  end
end

-- A job that is due gets its place.
function file(id, job)
  redis.call('ZADD', job.queue, job.due - FILED, id)
  if job.lane == '' then
    make_ready(id, job)
  else
    stand_in_lane(id, job)
  end
end

-- One that breaks the script, say by a key that somebody else has written, must not hold up all others: it is looked at
-- again later.
local function set_aside(id, queue, problem)
  redis.log(redis.LOG_WARNING, 'job ' .. id .. ' on ' .. queue .. ': ' .. tostring(type(problem) == 'table' and problem.err or problem))
  pcall(note, id, 'state', 'held') -- its hash may be what is broken
  redis.call('ZADD', queue, now + TRY_AGAIN, id)
end

local function leave_lane(id, job)
  if job.lane == '' then
    return
  end
  redis.call('ZREM', lane_key(job.lane), member_of(id, job))
  if redis.call('GET', head_key(job.lane)) == id then
    next_turn(job.lane)
  end
end

local function free_name(id, job, outcome)
  local is_window = tonumber(job.unique) ~= nil
  if job.name ~= '' and not (is_window and outcome == 'done') then
    freed[id] = unique_key(job.name)
  end
end

-- The last of a user's jobs ends before it has ever started: the next has its share.
local function return_share(job)
  local share = tonumber(job.share)
  if not share or tonumber(job.starts) > 0 or tonumber(redis.call('ZSCORE', share_key(job.queue, job.prio), job.user) or -1) ~= share then
    return
  end
  if share > pace_of(job.queue, job.prio) then
    redis.call('ZADD', share_key(job.queue, job.prio), share - 1, job.user)
  else
    redis.call('ZREM', share_key(job.queue, job.prio), job.user)
  end
end

-- Nothing is left of a job but what the caller keeps.
local function remove(id, job, outcome)
  step_back(id, job)
  return_share(job)
  sweep_later(id, job.queue)
  if job.merge ~= '' then
    redis.call('DEL', more_key(id))
  end
  forget(id)
  leave(job.using, id)
  leave_lane(id, job)
  give_back(id, job.through)
  free_name(id, job, outcome)
  count(job.queue, outcome)
  if job.durable == '1' then
    enter_end(id, outcome)
  end
end

-- keep: ms, 0 for not at all, -1 for ever.
local function keep_result(id, result, keep)
  if keep > 0 then
    redis.call('SET', result_key(id), result, 'PXAT', now + keep)
  elseif keep < 0 then
    redis.call('SET', result_key(id), result)
  end
end

-- What whoever called says of the fleet's results: how many its stream keeps, and on which channel they are published
-- too, if on any (`10000 name`).
local results_kept, results_channel, has_announced

before_call[#before_call + 1] = function()
  results_kept, results_channel, has_announced = 10000, '', false
end

local function hear_of_results(said)
  local kept, channel = string.match(said or '', '^(%d+) ?(.*)$')
  results_kept, results_channel = kept or results_kept, channel or ''
end

-- As JSON; the last value is JSON already.
local function publish(entry, fields)
  local parts = { '"id":' .. cjson.encode(entry) }
  for i = 1, #fields - 2, 2 do
    parts[#parts + 1] = cjson.encode(fields[i]) .. ':' .. cjson.encode(fields[i + 1])
  end
  parts[#parts + 1] = cjson.encode(fields[#fields - 1]) .. ':' .. fields[#fields]
  redis.call('PUBLISH', results_channel, '{' .. table.concat(parts, ',') .. '}')
end

-- The end of a job, for those who wait for it and for those who watch the fleet.
local function announce(id, job, worker, outcome, text)
  local success = outcome == 'done' or outcome == 'skipped'
  tell(id, success and 'done' or 'error', 'outcome', outcome, 'text', text)
  redis.call('PEXPIRE', progress_key(id), DAY)
  local fields = { 'task_id', id, 'task', job.task, 'bot_name', job.bot, 'queue', job.queue, 'worker_id', worker,
    'timestamp', string.format('%d', now), 'success', success and '1' or '0', 'outcome', outcome,
    success and 'result' or 'error', text }
  local entry = redis.call('XADD', 'mindfleet:results', '*', unpack(fields))
  has_announced = true
  if results_channel ~= '' then
    publish(entry, fields)
  end
end

local function end_script()
  close_books()
  if has_announced then
    redis.call('XTRIM', 'mindfleet:results', 'MAXLEN', '~', results_kept)
  end
end

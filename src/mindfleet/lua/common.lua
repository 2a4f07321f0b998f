-- Stands before every script: its arguments, its clock, the keys, and what is known of a job.
-- The first argument is the time in ms; when it is empty, Redis is asked.
-- Some scripts are kept by Redis (see `load`), and with them the variables of their parts: each part says in `before_call`
-- how its own begin.

local FILED = 1e13 -- due time minus this: the score of a job that waits in a ready set, a lane or at a gate
local CLASS = 1e13 -- what one step of priority weighs in a ready set
local TOP = 10     -- the highest priority
local DAY = 86400000
local WEEK = 7 * DAY
local OVER = 'over'    -- instead of a token: this job ran, and whoever enqueues it again is late

local given, cursor, now, is_kept
local before_call = {}

local function take()
  cursor = cursor + 1
  return given[cursor]
end

local function take_number()
  return tonumber(take())
end

local function clock(told)
  if told ~= '' then
    return tonumber(told)
  end
  local seconds = redis.call('TIME')
  return seconds[1] * 1000 + math.floor(seconds[2] / 1000)
end

-- One call begins. `kept`: whether Redis keeps the script.
local function begin(arguments, kept)
  given, cursor, is_kept = arguments, 0, kept
  for _, set_out in ipairs(before_call) do
    set_out()
  end
  now = clock(take())
end

local function job_key(id) return 'arq:job:' .. id end
local function lock_key(id) return 'arq:in-progress:' .. id end
local function result_key(id) return 'arq:result:' .. id end
local function about_key(id) return 'mindfleet:job:' .. id end
local function more_key(id) return 'mindfleet:more:' .. id end
local function progress_key(id) return 'task:' .. id .. ':progress' end
local function ready_key(queue) return 'mindfleet:ready:' .. queue end
local function pace_key(queue) return 'mindfleet:pace:' .. queue end
local function share_key(queue, prio) return 'mindfleet:share:' .. queue .. ':' .. prio end
local function running_key(queue) return 'mindfleet:running:' .. queue end
local function idle_key(queue) return 'mindfleet:idle:' .. queue end
local function fleet_key(queue) return 'mindfleet:fleet:' .. queue end
local function lane_key(lane) return 'mindfleet:lane:' .. lane end
local function head_key(lane) return 'mindfleet:head:' .. lane end
local function using_key(gate) return 'mindfleet:using:' .. gate end
local function blocked_key(gate) return 'mindfleet:blocked:' .. gate end
local function unique_key(name) return 'mindfleet:unique:' .. name end

-- Equal scores come in the order of enqueueing: a member is thirteen digits of the job's number and then its id.
local function member_of(id, job)
  return string.format('%013d', job.seq) .. id
end

local function id_of(member)
  return string.sub(member, 14)
end

-- What is not written is as here.
local USUAL = {
  __index = {
    task = '', bot = '', user = '', lane = '', gates = '', deadline = '', durable = '0', name = '', unique = '', merge = '', supersede = '',
    token = '', using = '', through = '', again = '', entry = '', cancel = '', dying = '',
    starts = 0, fails = 0, deaths = 0, spared = 0, held = 0, stock = 0,
  },
}

local seen    -- what is known of a job, by id: its hash as a table, read once a call; false when nothing is
local changed -- what becomes of it, by id: fields and values in turn, written once a call
local passing -- those that no worker of ours may ever look at go by themselves: id and ms
local counted, counting -- outcomes by queue are added up and written once a call, if they are counted
local stirred -- queues whose workers are woken, once a call, and only when one of them waits for it

-- What is left of ended jobs is swept away once a call, or before one of their ids is used again; one entry of the
-- ledger tells of them all, after those of what follows: should PostgreSQL hear no more, it has the one or the other.
local swept, left, gone, ended
local freed -- by id, the key of the name that the job held: it is swept too, unless another holds it by then

local function sweep_nothing()
  swept, left, gone, freed, ended = {}, {}, {}, {}, { 'e', 'ended' }
end

before_call[1] = function()
  seen, changed, passing, counted, counting, stirred = {}, {}, {}, {}, true, {}
  sweep_nothing()
end

local function known(id)
  if seen[id] == nil then
    local flat = redis.call('HGETALL', about_key(id))
    local job = #flat > 0 and setmetatable({}, USUAL)
    for i = 1, #flat, 2 do
      job[flat[i]] = flat[i + 1]
    end
    seen[id] = job
  end
  return seen[id] or nil
end

local function new(id)
  seen[id] = setmetatable({}, USUAL)
  return seen[id]
end

local function note(id, ...)
  local job, told, before = known(id) or new(id), { ... }, changed[id]
  for i = 1, #told, 2 do
    job[told[i]] = told[i + 1]
  end
  if not before then
    changed[id] = told
    return
  end
  for i = 1, #told do
    before[#before + 1] = told[i]
  end
end

local function forget(id)
  seen[id], changed[id] = false, nil
end

local function write_notes()
  for id, fields in pairs(changed) do
    redis.call('HSET', about_key(id), unpack(fields))
  end
  for id, span in pairs(passing) do
    redis.call('PEXPIRE', about_key(id), span)
  end
end

local function count(queue, outcome)
  if not counting then
    return
  end
  local outcomes = counted[queue] or {}
  counted[queue] = outcomes
  outcomes[outcome] = (outcomes[outcome] or 0) + 1
end

local function stir(queue)
  stirred[queue] = true
end

-- One entry for PostgreSQL.
local function enter(...)
  return redis.call('XADD', 'mindfleet:ledger', '*', ...)
end

local SWEPT_AT_ONCE = 3000 -- Lua hands on some eight thousand arguments at most

local function sweep_names()
  local names, holders = {}, {}
  for id, name in pairs(freed) do
    names[#names + 1], holders[#holders + 1] = name, id
  end
  for i, holder in ipairs(#names > 0 and redis.call('MGET', unpack(names)) or {}) do
    if holder == holders[i] then
      swept[#swept + 1] = names[i]
    end
  end
end

local function sweep()
  sweep_names()
  if #swept > 0 then
    redis.call('DEL', unpack(swept))
  end
  for queue, ids in pairs(left) do
    redis.call('ZREM', queue, unpack(ids))
    redis.call('HDEL', running_key(queue), unpack(ids))
  end
  if #ended > 2 then
    enter(unpack(ended))
  end
  sweep_nothing()
end

local function sweep_before(id)
  if gone[id] then
    sweep()
  end
end

local function sweep_later(id, queue)
  local size, ids = #swept, left[queue] or {}
  swept[size + 1], swept[size + 2], swept[size + 3] = job_key(id), lock_key(id), about_key(id)
  left[queue], gone[id] = ids, true
  ids[#ids + 1] = id
  if size >= SWEPT_AT_ONCE then
    sweep()
  end
end

local function enter_end(id, outcome)
  local size = #ended
  ended[size + 1], ended[size + 2] = 'id:' .. id, outcome
end

-- Whoever may not publish, as users of Redis 7 and later unless they are given channels, wakes nobody: the next tick does.
local function wake(queue)
  if redis.call('DEL', idle_key(queue)) == 1 then
    redis.pcall('PUBLISH', 'mindfleet:wake:' .. queue, '')
  end
end

local function close_books()
  write_notes()
  sweep()
  for queue, outcomes in pairs(counted) do
    for outcome, times in pairs(outcomes) do
      redis.call('HINCRBY', 'mindfleet:counts:' .. string.gsub(queue, '^arq:', ''), outcome, times)
    end
  end
  for queue in pairs(stirred) do
    wake(queue)
  end
end

-- The name of a job's own stream is not ours alone: what else lies there must not keep a queue from going on.
local function add_to(stream, ...)
  local entry = redis.pcall('XADD', stream, ...)
  if type(entry) ~= 'table' then
    return
  end
  if string.find(entry.err, 'WRONGTYPE', 1, true) then
    redis.call('DEL', stream)
  end
  redis.call('XADD', stream, ...)
end

-- One entry of the job's own stream, which lives a day longer than the job; `...` are further fields.
local function tell(id, event, ...)
  add_to(progress_key(id), '*', 'event', event, ...)
end

-- The same, of which there may be many.
local function tell_again(id, event, ...)
  add_to(progress_key(id), 'MAXLEN', '~', 100, '*', 'event', event, ...)
end

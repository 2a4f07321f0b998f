-- with: common gates waiting
-- Pauses a gate or limits how many may pass, or takes that back, and lets through who waits there and may go on.
-- ARGV  1 time   2 verb (limit, lift: no limit any more; pause, resume)
--       3 gate (`queue:`, `task:`, `bot:`, `group:`, `slots:` and a name)   4 how many (limit)   5 how many queues, then those
-- A limit is kept while its gate is paused. Jobs that run already when a gate begins to count are counted from then on.
-- Returns how many were let through; it is called again until that is less than 500.
-- Cost: O(log n) for each that is let through, up to 500; O(running jobs) when a task or a bot gets a gate that had none.
local verb, gate, most = take(), take(), take()
local kind, name = string.match(gate, '^(%a+):(.+)$')
local KEPT = 'kept:' .. gate -- the limit of a gate that is paused
local before = redis.call('HGET', 'mindfleet:gates', gate)

local function count_who_runs(queue)
  for _, id in ipairs(redis.call('HKEYS', running_key(queue))) do
    local job = known(id)
    if job and job.state == 'running' and job[kind] == name and redis.call('SADD', using_key(gate), id) == 1 then
      note(id, 'using', job.using == '' and gate or job.using .. '\n' .. gate)
    end
  end
end

local function set(number)
  redis.call('HSET', 'mindfleet:gates', gate, number)
  if before or (kind ~= 'task' and kind ~= 'bot') then
    return
  end
  for _ = 1, take_number() do
    count_who_runs(take())
  end
end

local verbs = {
  limit = function()
    if before == '0' then
      redis.call('HSET', 'mindfleet:gates', KEPT, most)
    else
      set(most)
    end
  end,
  lift = function()
    redis.call('HDEL', 'mindfleet:gates', KEPT)
    if before ~= '0' then
      redis.call('HDEL', 'mindfleet:gates', gate)
    end
  end,
  pause = function()
    if before and before ~= '0' then
      redis.call('HSET', 'mindfleet:gates', KEPT, before)
    end
    set('0')
  end,
  resume = function()
    local kept = redis.call('HGET', 'mindfleet:gates', KEPT)
    redis.call('HDEL', 'mindfleet:gates', KEPT)
    if kept then
      redis.call('HSET', 'mindfleet:gates', gate, kept)
    elseif before == '0' then
      redis.call('HDEL', 'mindfleet:gates', gate)
    end
    if kind == 'queue' then
      stir(name)
    end
  end,
}

verbs[verb]()
local through = let_through(gate, 500)
close_books()
return through

-- with: common schedule
-- Hands out what is due on the schedule, each entry to one worker at a time.
-- ARGV  1 time   2 lease, ms   3 how many at most   4… names of the tasks that the worker knows
-- Returns now; when the next entry becomes due, or -1; how many entries there are; then for each entry that is handed
-- out itself, its due time and its state.
-- An entry whose task no version has known for 40 days is removed.
-- Cost: O(log n) while nothing is due; else 3 commands for each entry handed out.
local FORGOTTEN = 40 * DAY
local PAGE = 200

local lease, most = take_number(), take_number()
local is_known = {}
local name = take()
while name do
  is_known[name] = true
  name = take()
end

local taken = {}

local function hand_out(entry, due)
  local state = redis.call('HGET', STATE, entry)
  if #taken < 3 * most and state and not is_claimed(entry) then
    redis.call('ZADD', CLAIMS, now + lease, entry)
    for _, each in ipairs({ entry, due, state }) do
      table.insert(taken, each)
    end
  end
end

local strangers = {}

local function look_at(entry, due)
  if is_known[string.match(entry, '^[^|]*')] then
    hand_out(entry, due)
  elseif tonumber(due) < now - FORGOTTEN then
    table.insert(strangers, entry)
  end
end

local from, page = 0, nil
repeat
  page = redis.call('ZRANGEBYSCORE', SCHEDULE, '-inf', now, 'WITHSCORES', 'LIMIT', from, PAGE)
  for i = 1, #page, 2 do
    look_at(page[i], page[i + 1])
  end
  from = from + PAGE
until #page < 2 * PAGE or #taken == 3 * most
for _, entry in ipairs(strangers) do
  take_off(entry)
end

local coming = redis.call('ZRANGEBYSCORE', SCHEDULE, string.format('(%.0f', now), '+inf', 'WITHSCORES', 'LIMIT', 0, 1)
return { now, tonumber(coming[2] or -1), redis.call('ZCARD', SCHEDULE), unpack(taken) }

-- with: common life
-- Says that PostgreSQL has the ledger's stream up to an entry, and drops what it has; counts only from the one who leads.
-- The mark never goes back: whoever was overtaken while it wrote has nothing new to say. After a restart it may pass entries
-- that were lost: so whoever hears of it must hear of the other epoch, too.
-- ARGV  1 time   2 owner   3 for how long it goes on leading, ms   4 the entry (ms-count)
-- Returns whether the owner leads (1, 0), and the time, ms.
-- Cost: 8 commands, and O(entries dropped).
local LEADER, MARK = 'mindfleet:ledger:writer', 'mindfleet:ledger:watermark'
local owner, long, entry = take(), take_number(), take()

local function parts(id)
  local ms, number = string.match(id, '^(%d+)%-(%d+)$')
  return tonumber(ms), tonumber(number)
end

local function is_past(id, other)
  local ms, number = parts(id)
  local other_ms, other_number = parts(other)
  return ms > other_ms or (ms == other_ms and number > other_number)
end

if redis.call('GET', LEADER) ~= owner then
  return { 0, now }
end
redis.call('PEXPIRE', LEADER, long)
if is_past(entry, redis.call('GET', MARK) or '0-0') then
  current_epoch(life_of_server())
  redis.call('SET', MARK, entry)
  redis.call('PUBLISH', MARK, entry)
end
local ms, number = parts(entry)
redis.call('XTRIM', 'mindfleet:ledger', 'MINID', string.format('%.0f-%.0f', ms, number + 1))
return { 1, now }

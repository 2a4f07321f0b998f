-- with: common
-- Takes a lock for a while, or keeps it for another.
-- ARGV  1 time   2 lock   3 owner   4 for how long, ms
-- Returns 1 when the owner has it, 0 when somebody else has.
-- Cost: 2 commands.
local lock, owner, long = take(), take(), take_number()
local holder = redis.call('GET', lock)
if holder and holder ~= owner then
  return 0
end
redis.call('SET', lock, owner, 'PX', long)
return 1

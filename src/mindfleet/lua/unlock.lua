-- with: common
-- Gives a lock back.
-- ARGV  1 time   2 lock   3 owner
-- Returns 1, or 0 when it is not the owner's.
-- Cost: 2 commands.
local lock, owner = take(), take()
if redis.call('GET', lock) ~= owner then
  return 0
end
return redis.call('DEL', lock)

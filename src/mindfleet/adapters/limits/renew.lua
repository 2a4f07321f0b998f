-- Keeps calls under way; what was lost meanwhile, by a pause or a restart of Redis, is counted again.
-- KEYS  calls under way (zset: token, end of lease), one for each token
-- ARGV  1 now, ms ('' asks the server)   2 lease, ms   3… tokens
-- Returns the number of tokens that had been lost
local now = tonumber(ARGV[1])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
end
local lost = 0
for i, held in ipairs(KEYS) do
  lost = lost + redis.call('ZADD', held, now + ARGV[2], ARGV[i + 2])
  redis.call('PEXPIRE', held, 2 * ARGV[2])
end
return lost

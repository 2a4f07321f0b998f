-- Gives the place of one call back, with what it really took, and calls whoever is next.
-- KEYS  1 the provider's hold   2 breaker of the model   3 calls under way   4 line   5 tickets that will come soon
--       6 tokens of the window
-- ARGV  1 now, ms ('' asks the server)   2 token   3 answered, failed, paused or dropped
--       4 tokens that it took ('' leaves them as reserved)         5 pause that the provider asked for, ms
--       6 failures that break   7 ms for which a broken model is left alone   8 patience, ms
--       9 calls at once (0: any)   10 channel   11 gate
-- Returns 1 when the call was still under way, 0 when its lease had run out
local now = tonumber(ARGV[1])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
end
local LINE_KEPT = 600000
local hold, breaker, held, line, soon, tokens = unpack(KEYS)
local token, ending, took = ARGV[2], ARGV[3], tonumber(ARGV[4])
local pause, most_failures, left_alone = tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7])
local patience, most_calls, channel, gate = tonumber(ARGV[8]), tonumber(ARGV[9]), ARGV[10], ARGV[11]

local reserved = took and redis.call('HGET', tokens, token)
if reserved then
  redis.call('HSET', tokens, token, took)
  redis.call('HINCRBY', tokens, 'sum', took - reserved)
end

if ending == 'answered' then
  redis.call('DEL', breaker)
elseif ending == 'failed' then
  if redis.call('HINCRBY', breaker, 'failures', 1) >= most_failures then
    redis.call('HSET', breaker, 'opens', now + left_alone)
  end
  redis.call('PEXPIRE', breaker, 10 * left_alone)
elseif ending == 'paused' and now + pause > tonumber(redis.call('GET', hold) or 0) then
  redis.call('SET', hold, now + pause, 'PX', pause)
end

local was_held = redis.call('ZREM', held, token)

-- Places that nobody will come for are offered to those who went away, in the order of the line: they have to come
-- before others may take them.
if most_calls > 0 then
  local free = most_calls - redis.call('ZCOUNT', held, '(' .. now, '+inf') - redis.call('ZCOUNT', soon, '(' .. now, '+inf')
  for _, ticket in ipairs(redis.call('ZRANGE', line, 0, most_calls - 1)) do
    if free > 0 and tonumber(redis.call('ZSCORE', soon, ticket) or 0) <= now then
      redis.call('ZADD', soon, now + 2 * patience, ticket)
      redis.call('PEXPIRE', soon, LINE_KEPT) -- others may have been promised a later time
      free = free - 1
    end
  end
end

redis.call('PUBLISH', channel, gate)
return was_held

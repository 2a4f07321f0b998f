-- Gives the right to make one call of a model, or says why not; all of it or nothing.
-- KEYS  1 the provider's hold (string, ms until which it holds)   2 breaker of the model (hash: failures, opens, probe)
--       3 calls under way (zset: token, end of lease)             4 line (zset: ticket, place)
--       5 tickets that will come soon (zset: ticket, until)       6 tokens that tickets want (hash)
--       7 number of the last place (string)                       8 requests of the window (zset: token, ms)
--       9 tokens of the window (hash: token, and `sum`)
-- ARGV  1 now, ms ('' asks the server)   2 token      3 ticket       4 priority, 0 to 10   5 '1' when the caller stays
--       6 calls at once (0: any)         7 requests a window (0: any)                      8 tokens a window (0: any)
--       9 tokens wanted                 10 lease, ms 11 window, ms   12 patience, ms       13 failures that break
-- Returns {1}, or {0, why, ms until it may be different}
local now = tonumber(ARGV[1])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
end
local hold, breaker, held, line, soon, wants, number, calls, tokens = unpack(KEYS)
local token, ticket, stays = ARGV[2], ARGV[3], ARGV[5] == '1'
local rank = (10 - tonumber(ARGV[4])) * 1e13
local most_calls, most_requests, most_tokens = tonumber(ARGV[6]), tonumber(ARGV[7]), tonumber(ARGV[8])
local wanted, lease, window, patience = tonumber(ARGV[9]), tonumber(ARGV[10]), tonumber(ARGV[11]), tonumber(ARGV[12])
local LINE_KEPT = 600000
local LONGEST = 5 -- times the patience that those far behind in the line wait before they look again by themselves

local held_back = tonumber(redis.call('GET', hold) or 0)
if held_back > now then
  return {0, 'hold', held_back - now}
end

local broken = redis.call('HMGET', breaker, 'failures', 'opens', 'probe')
local half_open = tonumber(broken[1] or 0) >= tonumber(ARGV[13])
if half_open then
  local opens = tonumber(broken[2] or 0)
  if opens > now then
    return {0, 'breaker', opens - now}
  end
  local probing = broken[3] and tonumber(redis.call('ZSCORE', held, broken[3]) or 0) or 0
  if probing > now then
    return {0, 'breaker', patience}
  end
end

-- What has run out: leases of the dead, tickets that were called and did not come, and the far end of the window.
redis.call('ZREMRANGEBYSCORE', held, '-inf', now)
redis.call('ZREM', soon, ticket)
for _, late in ipairs(redis.call('ZRANGEBYSCORE', soon, '-inf', now)) do
  redis.call('ZREM', line, late)
  redis.call('ZREM', soon, late)
  redis.call('HDEL', wants, late)
end
for _, old in ipairs(redis.call('ZRANGEBYSCORE', calls, '-inf', now - window)) do
  redis.call('HINCRBY', tokens, 'sum', 0 - (redis.call('HGET', tokens, old) or 0))
  redis.call('HDEL', tokens, old)
  redis.call('ZREM', calls, old)
end

-- Who will come soon and goes first.
local place = tonumber(redis.call('ZSCORE', line, ticket))
local ahead, wanted_ahead = 0, 0
for _, other in ipairs(redis.call('ZRANGE', soon, 0, -1)) do
  local theirs = tonumber(redis.call('ZSCORE', line, other))
  if theirs and theirs < (place or rank + 9e12) then
    ahead = ahead + 1
    wanted_ahead = wanted_ahead + tonumber(redis.call('HGET', wants, other) or 0)
  end
end

-- When the window has moved on so far that `enough(freed requests, freed tokens)`.
local function moved_on(enough)
  local freed = 0
  local all = redis.call('ZRANGE', calls, 0, -1, 'WITHSCORES')
  for i = 1, #all, 2 do
    freed = freed + (redis.call('HGET', tokens, all[i]) or 0)
    if enough((i + 1) / 2, freed) then
      return all[i + 1] + window - now
    end
  end
  return patience
end

local function obstacle()
  local under_way = redis.call('ZCARD', held)
  if most_calls > 0 and under_way + ahead >= most_calls then
    return under_way >= most_calls and 'concurrency' or 'line', patience
  end
  if most_requests > 0 then
    local over = redis.call('ZCARD', calls) + 1 - most_requests
    if over > 0 then
      return 'requests', moved_on(function(requests) return requests >= over end)
    elseif over + ahead > 0 then
      return 'line', patience
    end
  end
  if most_tokens > 0 then
    -- A call that is larger than a whole window goes when the window is empty.
    local over = (redis.call('HGET', tokens, 'sum') or 0) + math.min(wanted, most_tokens) - most_tokens
    if over > 0 then
      return 'tokens', moved_on(function(_, freed) return freed >= over end)
    elseif ahead > 0 and over + wanted_ahead > 0 then
      return 'line', patience
    end
  end
  return nil
end

local why, after = obstacle()
if why then
  if not place then
    redis.call('ZADD', line, rank + redis.call('INCR', number), ticket)
  end
  redis.call('HSET', wants, ticket, wanted)
  if not stays and most_calls > 0 and after == patience then -- a release calls who is next
    after = patience * math.min(1 + math.floor(redis.call('ZRANK', line, ticket) / most_calls), LONGEST)
  end
  if stays then
    redis.call('ZADD', soon, now + math.min(after, patience) + 2 * patience, ticket)
  elseif why == 'requests' or why == 'tokens' then
    redis.call('ZADD', soon, now + after + 2 * patience, ticket)
  end
  for i = 4, 7 do
    redis.call('PEXPIRE', KEYS[i], LINE_KEPT)
  end
  return {0, why, after}
end

redis.call('ZREM', line, ticket)
redis.call('HDEL', wants, ticket)
redis.call('ZADD', held, now + lease, token)
redis.call('PEXPIRE', held, 2 * lease)
if half_open then
  redis.call('HSET', breaker, 'probe', token)
end
if most_requests > 0 or most_tokens > 0 then
  redis.call('ZADD', calls, now, token)
  redis.call('HSET', tokens, token, wanted)
  redis.call('HINCRBY', tokens, 'sum', wanted)
  redis.call('PEXPIRE', calls, 2 * window)
  redis.call('PEXPIRE', tokens, 2 * window)
end
return {1}

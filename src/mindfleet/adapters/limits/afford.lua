-- Sets aside what one call may cost in each of its budgets, or says which of them does not allow it.
-- KEYS  for each budget: what was spent today (hash: usd, tokens), what is set aside (zset: token:usd:tokens, until)
-- ARGV  1 now, ms ('' asks the server)   2 token   3 lease, ms   4 estimate, billionths of a USD   5 and in tokens
--       6 estimate of a cheaper model, billionths of a USD ('' when there is none)
--       7… for each budget: its end in usd, in tokens, and from where the cheaper model answers in usd, in tokens
--          ('' for no limit)
-- Returns {'yes', 1 for the cheaper model or else 0}, {'spent', budget, usd or tokens} when the call does not fit into
-- what is left of the day, {'later', budget, usd or tokens} when it would fit if others took less than they set aside,
-- or {'unknown', budget…} where nobody has said yet what was spent
local now = tonumber(ARGV[1])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
end
local token, lease, usd, tokens, cheaper = ARGV[2], tonumber(ARGV[3]), ARGV[4], ARGV[5], ARGV[6]

local unknown = {'unknown'}
for i = 1, #KEYS, 2 do
  if redis.call('EXISTS', KEYS[i]) == 0 then
    table.insert(unknown, (i + 1) / 2)
  end
end
if #unknown > 1 then
  return unknown
end

local budgets = {}
for i = 1, #KEYS, 2 do
  local open = {usd = 0, tokens = 0}
  redis.call('ZREMRANGEBYSCORE', KEYS[i + 1], '-inf', now)
  for _, member in ipairs(redis.call('ZRANGE', KEYS[i + 1], 0, -1)) do
    local their_usd, their_tokens = string.match(member, ':(%d+):(%d+)$')
    open.usd = open.usd + their_usd
    open.tokens = open.tokens + their_tokens
  end
  local spent = redis.call('HMGET', KEYS[i], 'usd', 'tokens')
  local ends = 7 + (i - 1) * 2
  table.insert(budgets, {
    spent = {usd = tonumber(spent[1]) or 0, tokens = tonumber(spent[2]) or 0},
    open = open,
    most = {usd = tonumber(ARGV[ends]), tokens = tonumber(ARGV[ends + 1])},
    soft = {usd = tonumber(ARGV[ends + 2]), tokens = tonumber(ARGV[ends + 3])},
  })
end

-- The first budget and unit in which `estimate` goes beyond the limit of that kind, with or without what is set aside.
local function beyond(kind, estimate, with_open)
  for number, budget in ipairs(budgets) do
    for _, unit in ipairs({'usd', 'tokens'}) do
      local sum = budget.spent[unit] + estimate[unit] + (with_open and budget.open[unit] or 0)
      if budget[kind][unit] and sum > budget[kind][unit] then
        return number, unit
      end
    end
  end
end

local estimate = {usd = tonumber(usd), tokens = tonumber(tokens)}
local downgraded = cheaper ~= '' and beyond('soft', estimate, true) ~= nil
if downgraded then
  usd, estimate.usd = cheaper, tonumber(cheaper)
end
local number, unit = beyond('most', estimate, false)
if number then
  return {'spent', number, unit}
end
number, unit = beyond('most', estimate, true)
if number then
  return {'later', number, unit}
end

for i = 1, #KEYS, 2 do
  redis.call('ZADD', KEYS[i + 1], now + lease, token .. ':' .. usd .. ':' .. tokens)
  redis.call('PEXPIRE', KEYS[i + 1], 2 * lease)
end
return {'yes', downgraded and 1 or 0}

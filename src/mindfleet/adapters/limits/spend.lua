-- Books what one call cost in each of its budgets, in the place of what was set aside.
-- KEYS  for each budget: what was spent today (hash: usd, tokens), what is set aside (zset: token:usd:tokens, until)
-- ARGV  1 the member that was set aside   2 cost, billionths of a USD   3 tokens
-- Returns how many budgets took it; one that Redis has lost is read from the ledger of calls when it is asked for
local took = 0
for i = 1, #KEYS, 2 do
  redis.call('ZREM', KEYS[i + 1], ARGV[1])
  if redis.call('EXISTS', KEYS[i]) == 1 then
    redis.call('HINCRBY', KEYS[i], 'usd', ARGV[2])
    redis.call('HINCRBY', KEYS[i], 'tokens', ARGV[3])
    took = took + 1
  end
end
return took

-- KEYS: the ready set, the envelopes. ARGV: how many to pop, then the ids of the batch before.
-- Returns ids and envelopes in turn.
if #ARGV > 1 then
    redis.call('HDEL', KEYS[2], unpack(ARGV, 2))
end
local popped = redis.call('ZPOPMIN', KEYS[1], ARGV[1])
local claimed = {}
for i = 1, #popped, 2 do
    claimed[i] = popped[i]
    claimed[i + 1] = redis.call('HGET', KEYS[2], popped[i])
end
return claimed

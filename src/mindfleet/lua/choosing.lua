-- Which of those who are ready start next.

-- Returns the members and scores of so many that are next; `fairly`: whoever is left behind gets his turn.
local function choose(queue, wanted, fairly)
  local chosen = redis.call('ZRANGE', ready_key(queue), 0, wanted - 1, 'WITHSCORES')
  if #chosen < 2 * wanted or not fairly then
    return chosen
  end
  local so_far = redis.call('HINCRBY', pace_key(queue), 'starts', wanted)
  if math.floor(so_far / EVERY) > math.floor((so_far - wanted) / EVERY) then
    local oldest, score = left_behind(ready_key(queue), chosen[2])
    if oldest and tonumber(score) > tonumber(chosen[#chosen]) then
      chosen[#chosen - 1], chosen[#chosen] = oldest, score
    end
  end
  return chosen
end

-- `reached`: by priority, the greatest share that was started.
local function keep_pace(queue, reached)
  for prio, share in pairs(reached) do
    if share > tonumber(redis.call('HGET', pace_key(queue), prio) or 0) then
      redis.call('HSET', pace_key(queue), prio, share)
      redis.call('ZREMRANGEBYSCORE', share_key(queue, prio), '-inf', share - 1)
    end
  end
end

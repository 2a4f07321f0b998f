-- Which of those who are ready start next.

local EVERY = 8 -- starts, of which one is for whoever has waited longest
local LONG_WAIT = 30000

-- Of the first of each priority, whoever has waited longest, if that is long.
local function left_behind(queue, first_score)
  local last = redis.call('ZRANGE', ready_key(queue), -1, -1, 'WITHSCORES')
  if math.floor(last[2] / CLASS) == math.floor(first_score / CLASS) then
    return nil -- all have one priority
  end
  local oldest, its_score, since
  for class = 0, TOP do
    local first = redis.call('ZRANGEBYSCORE', ready_key(queue), class * CLASS, (class + 1) * CLASS - 1, 'WITHSCORES', 'LIMIT', 0, 1)
    local job = first[1] and known(id_of(first[1]))
    local its_since = first[1] and tonumber(job and job.since or now)
    if its_since and (not since or its_since < since) then
      oldest, its_score, since = first[1], first[2], its_since
    end
  end
  if since and now - since > LONG_WAIT then
    return oldest, its_score
  end
end

-- Returns the members and scores of so many that are next; `fairly`: whoever is left behind gets his turn.
local function choose(queue, wanted, fairly)
  local chosen = redis.call('ZRANGE', ready_key(queue), 0, wanted - 1, 'WITHSCORES')
  if #chosen < 2 * wanted or not fairly then
    return chosen
  end
  local so_far = redis.call('HINCRBY', pace_key(queue), 'starts', wanted)
  if math.floor(so_far / EVERY) > math.floor((so_far - wanted) / EVERY) then
    local oldest, score = left_behind(queue, chosen[2])
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

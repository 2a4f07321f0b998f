-- Whose data these are: the life of the server, and since when it has them, since after FLUSHALL the life is the same.

-- Notices other data than before; returns the epoch.
local function current_epoch(run)
  local epoch = redis.call('GET', 'mindfleet:epoch')
  if not epoch or string.match(epoch, '^[^.]*') ~= run then
    epoch = run .. '.' .. string.format('%.0f', now)
    redis.call('SET', 'mindfleet:epoch', epoch)
  end
  return epoch
end

local function life_of_server()
  return string.match(redis.call('INFO', 'server'), 'run_id:(%x+)')
end

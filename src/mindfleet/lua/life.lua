-- Whose data these are: the life of the server, and since when it has them, since after FLUSHALL the life is the same.

-- Notices other data than before; returns the epoch.
local function current_epoch(run)
  local epoch = redis.call('GET', 'mindfleet:epoch')
  if not epoch or string.match(epoch, '^[^.]*') ~= run then
    epoch = run .. '.' .. redis.call('TIME')[2] .. '.' .. string.format('%.0f', now) -- the µs tell two losses in one ms apart
    redis.call('SET', 'mindfleet:epoch', epoch)
  end
  return epoch
end

local its_run -- of the server that keeps the script, which is asked once

local function life_of_server()
  its_run = is_kept and its_run or string.match(redis.call('INFO', 'server'), 'run_id:(%x+)')
  return its_run
end

-- Whether the data are older than the server: it was restarted, or took over from another. A script that is not kept
-- need not ask: such a server does not know it, and whoever calls notices that.
local function is_of_another_life(epoch)
  return is_kept and string.match(epoch, '^[^.]*') ~= life_of_server()
end

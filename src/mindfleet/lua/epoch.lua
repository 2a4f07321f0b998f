-- with: common
-- Notices that Redis has other data than before: it was restarted, failed over, or flushed.
-- ARGV  1 time   2 the run id of the server (INFO server)
-- Returns the epoch of the data, and the epoch that was last rehydrated (or empty).
-- Cost: 3 commands.
local run = take()
local epoch = redis.call('GET', 'mindfleet:epoch')
if not epoch or string.match(epoch, '^[^.]*') ~= run then
  -- The time as well: after FLUSHALL the run is the same, and the data is not.
  epoch = run .. '.' .. string.format('%.0f', now)
  redis.call('SET', 'mindfleet:epoch', epoch)
end
return { epoch, redis.call('GET', 'mindfleet:rehydrated') or '' }

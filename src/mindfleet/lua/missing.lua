-- What Redis has lost and PostgreSQL has not.

local INCOMPLETE = 'recovery' -- the gate at which lanes wait meanwhile
local LANES_WAIT = 2000
local LANES_WAIT_AT_MOST = 30000

-- Whether what Redis lost is still on its way: those of a lane may come before the ones that are here. That is waited
-- for for two seconds, and for longer only while whoever puts it back waits for PostgreSQL.
local function is_incomplete()
  local epoch, whole = unpack(redis.call('MGET', 'mindfleet:epoch', 'mindfleet:rehydrated'))
  if not epoch or is_of_another_life(epoch) then
    epoch = current_epoch(life_of_server())
  end
  if epoch == whole then
    return false
  end
  local age = math.abs(now - string.match(epoch, '%d+$'))
  return age < LANES_WAIT or (age < LANES_WAIT_AT_MOST and redis.call('EXISTS', 'mindfleet:recovery:waits') == 1)
end

-- The keys of the schedule, and who works on an entry of it. An entry is a task and a bot: `<task>|<bot>`.
local SCHEDULE = 'mindfleet:schedule'        -- sorted set: entry by when it is due next, ms
local STATE = 'mindfleet:schedule:state'     -- hash: what else is known of an entry, JSON
local CLAIMS = 'mindfleet:schedule:claims'   -- sorted set: entry by the end of its lease, ms
local UNNOTED = 'mindfleet:schedule:unnoted' -- hash: what PostgreSQL has yet to hear, by job id

local function is_claimed(entry)
  return tonumber(redis.call('ZSCORE', CLAIMS, entry) or 0) > now
end

local function take_off(entry)
  redis.call('ZREM', SCHEDULE, entry)
  redis.call('ZREM', CLAIMS, entry)
  redis.call('HDEL', STATE, entry)
end

-- The rest of the arguments: names, and what is to be noted under them.
local function keep_notes()
  local name = take()
  while name do
    redis.call('HSET', UNNOTED, name, take())
    name = take()
  end
end

-- with: common life
-- Notices that Redis has other data than before: it was restarted, failed over, or flushed.
-- ARGV  1 time   2 the run id of the server (INFO server)
-- Returns the epoch of the data, and the epoch that was last rehydrated (or empty).
-- Cost: 3 commands.
return { current_epoch(take()), redis.call('GET', 'mindfleet:rehydrated') or '' }

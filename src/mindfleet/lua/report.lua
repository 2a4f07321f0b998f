-- with: common
-- Tells how far a running job is.
-- ARGV  1 time   2 id   3 token (empty: whoever runs it)   4 done   5 total   6 note
-- Returns 1, or 0 when the token no longer holds and nothing was told.
-- Cost: 3 commands, O(1).
local id, token = take(), take()
local done, total, note_of_it = take(), take(), take()
local holds = redis.call('HGET', about_key(id), 'token')
if not holds or holds == '' or (token ~= '' and holds ~= token) then
  return 0
end
tell_again(id, 'progress', 'done', done, 'total', total, 'note', note_of_it)
redis.call('PEXPIRE', progress_key(id), DAY)
return 1

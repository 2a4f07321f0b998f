-- with: common waiting
-- Sets how many may pass a gate, or opens it and lets through who waits there.
-- ARGV  1 time   2 verb (set, open)   3 gate (`queue:`, `task:`, `bot:`, `group:`, `slots:` and a name)   4 how many; 0 is a pause
-- Returns how many were let through; `open` is called until that is less than 500.
-- Cost: O(log n) for each that is let through; `open` up to 500.
local verb, gate, most = take(), take(), take()
local queue = string.match(gate, '^queue:(.+)$')
if queue and most ~= '0' then
  stir(queue)
end
if verb == 'set' then
  redis.call('HSET', 'mindfleet:gates', gate, most)
  local free = tonumber(most) - redis.call('SCARD', using_key(gate))
  local through = free > 0 and let_through(gate, math.min(free, 500)) or 0
  close_books()
  return through
end
redis.call('HDEL', 'mindfleet:gates', gate)
local through = let_through(gate, 500)
close_books()
return through

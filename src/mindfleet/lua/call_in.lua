-- with: common gates waiting
-- Lets jobs start that waited for their turn at a model, and are called now (see adapters/limits/settle.lua).
-- ARGV  1 time   2 gate, `hold:<scope>`
-- Returns how many there were.
-- Cost: O(log n) for each that was called.
local gate = take()
local called = redis.call('ZRANGE', 'mindfleet:limit:soon:' .. string.sub(gate, 6), 0, -1)
local found = 0
for _, id in ipairs(called) do
  local job = known(id)
  if job and job.state == 'blocked' and job.gate == gate then
    step_back(id, job)
    file(id, job)
    found = found + 1
  end
end
close_books()
return found

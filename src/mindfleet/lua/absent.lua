-- with: common
-- Which of many jobs Redis does not have. One that runs is there, even if its envelope has expired meanwhile.
-- ARGV  1 time   2 how many jobs   then their ids
-- Returns the ids of those that are not there.
-- Cost: 1 command a job.
local absent = {}
for _ = 1, take_number() do
  local id = take()
  if redis.call('EXISTS', job_key(id), about_key(id)) == 0 then
    absent[#absent + 1] = id
  end
end
return absent

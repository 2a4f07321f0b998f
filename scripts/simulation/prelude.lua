-- What a script finds in Redis, on top of Lua 5.1: `redis`, `cjson`, `cmsgpack`, `bit`, and globals that cannot be changed.
-- Given: what runs a command, and the functions that are written in Python. Returned: what compiles a script, what loads a
-- library, and what runs.
-- A reply comes as one value; as `true` and the items of a flat array; as nil, `true` and a status; or as nil, `false`
-- and an error. An array of arrays comes as a table.
local command, given = ...
local error, pcall, rawget, rawset, select, setfenv, setmetatable, tostring, type, unpack, xpcall =
  error, pcall, rawget, rawset, select, setfenv, setmetatable, tostring, type, unpack, xpcall
local ceil, floor, loadstring, random, randomseed, sethook, getinfo =
  math.ceil, math.floor, loadstring, math.random, math.randomseed, debug.sethook, debug.getinfo

local INSTRUCTIONS = 1000000 -- between two looks at how long a script has run
local MOST_LOOKS = 50
local looks = 0
local function look()
  looks = looks + 1
  if looks > MOST_LOOKS then
    error({ err = 'BUSY The script has run for too many instructions' }, 0)
  end
end

local function reply(first, ...)
  if first == true then
    return { ... }
  elseif first ~= nil then
    return first
  elseif ... then
    return { ok = (select(2, ...)) }
  end
  return { err = (select(2, ...)) }
end

local function reply_or_error(first, ...)
  if first == nil and not ... then
    error({ err = (select(2, ...)) }, 0)
  end
  return reply(first, ...)
end

local redis = {
  call = function(...) return reply_or_error(command(...)) end,
  pcall = function(...) return reply(command(...)) end,
  error_reply = function(text)
    text = text:gsub('^%-', '')
    return { err = text:find(' ', 1, true) and text or 'ERR ' .. text }
  end,
  status_reply = function(text) return { ok = text } end,
  sha1hex = function(text) return given.sha1hex(tostring(text)) end,
  log = function() end,
  setresp = function() end,
  LOG_DEBUG = 0, LOG_VERBOSE = 1, LOG_NOTICE = 2, LOG_WARNING = 3,
  REDIS_VERSION = '7.2.4', REDIS_VERSION_NUM = 0x070204,
}

-- What redis.call raises is a table, but pcall has always given it as a string.
local function as_text(fine, problem, ...)
  if looks > MOST_LOOKS then
    look() -- nobody catches what ends a script
  end
  if not fine and type(problem) == 'table' and type(problem.err) == 'string' then
    return false, problem.err
  end
  return fine, problem, ...
end

local seeded = false
local own_math = {}
for name, member in pairs(math) do own_math[name] = member end
-- Redis gives every script the same numbers.
own_math.random = function(...)
  if not seeded then
    seeded = true
    randomseed(0)
  end
  return random(...)
end
own_math.randomseed = function(seed)
  seeded = true
  randomseed(seed)
end

local globals = {
  redis = redis, server = redis, cjson = given.cjson, cmsgpack = given.cmsgpack, bit = given.bit,
  string = string, table = table, math = own_math, os = { clock = os.clock },
  _VERSION = _VERSION,
}
for _, name in ipairs({
  'assert', 'collectgarbage', 'error', 'getmetatable', 'ipairs', 'next', 'pairs', 'rawequal', 'rawget', 'rawset',
  'select', 'setmetatable', 'tonumber', 'tostring', 'type', 'unpack',
}) do
  globals[name] = _G[name]
end
globals.pcall = function(...) return as_text(pcall(...)) end
globals.xpcall = function(call, report)
  local result = { xpcall(call, report) }
  if looks > MOST_LOOKS then
    look()
  end
  return unpack(result)
end
globals.loadstring = function(...)
  local chunk, problem = loadstring(...)
  return chunk and setfenv(chunk, globals), problem
end
globals.load = globals.loadstring
globals._G = globals
setmetatable(globals, {
  __index = function(_, name) error("Script attempted to access nonexistent global variable '" .. tostring(name) .. "'", 2) end,
  __newindex = function() error('Attempt to modify a readonly table', 2) end,
})

local function compile(text)
  local chunk, problem = loadstring(text, '@user_script')
  return chunk and setfenv(chunk, globals), problem
end

-- A library is loaded once, and is its function from then on.
local function register(text)
  local registered
  local chunk, problem = compile((text:gsub('^#![^\n]*', '')))
  if not chunk then
    return nil, problem
  end
  redis.register_function = function(_, callback) registered = callback end
  chunk()
  redis.register_function = nil
  return registered, problem
end

local to_reply

-- As Redis counts a table: up to the first nil. In portions, since the stack of C has room for some thousand.
local function array(items)
  local list
  local converted, count, from = {}, 0, 1
  local item = rawget(items, 1)
  while item ~= nil do
    count = count + 1
    converted[count] = to_reply(item)
    if count == 1000 then
      list = given.extended(list, unpack(converted, 1, count))
      count = 0
    end
    from = from + 1
    item = rawget(items, from)
  end
  return given.extended(list, unpack(converted, 1, count))
end

local function whole(number)
  if number ~= number or number >= 9223372036854775808 or number < -9223372036854775808 then
    return given.smallest -- what C makes of it on x86
  end
  return number >= 0 and floor(number) or ceil(number)
end

-- nil stands for false, which Redis writes as nil, too.
function to_reply(value)
  local kind = type(value)
  if kind == 'table' then
    local problem, status, double = rawget(value, 'err'), rawget(value, 'ok'), rawget(value, 'double')
    if type(problem) == 'string' then return given.error(problem) end
    if type(status) == 'string' then return given.status(status) end
    if type(double) == 'number' then return given.double(double) end
    return array(value)
  elseif kind == 'number' then
    return whole(value)
  elseif kind == 'string' then
    return value
  elseif value == true then
    return 1
  end
  return nil
end

local function failure(problem)
  if type(problem) == 'userdata' then
    error(problem, 0) -- an exception of Python is a fault of the model
  end
  if type(problem) == 'table' then
    return given.error(type(problem.err) == 'string' and problem.err or 'ERR unknown error')
  end
  return given.error('ERR ' .. tostring(problem))
end

local function answer(went_well, result)
  if went_well then
    return to_reply(result)
  end
  return failure(result)
end

local function run(chunk, keys, arguments)
  rawset(globals, 'KEYS', keys)
  rawset(globals, 'ARGV', arguments)
  looks, seeded = 0, false
  return answer(pcall(chunk, keys, arguments))
end

local function run_flat(chunk, count, ...)
  if count == 0 then
    return run(chunk, {}, { ... })
  end
  local keys, words = {}, { ... }
  for place = 1, count do
    keys[place] = words[place]
  end
  return run(chunk, keys, { select(count + 1, ...) })
end

-- From now on the lines that scripts go through are written down; returns a function that tells them, and forgets them.
local function trace()
  local lines = {}
  sethook(function(event, line)
    if event ~= 'line' then
      look()
    elseif getinfo(2, 'S').short_src == 'user_script' then
      lines[line] = true
    end
  end, 'l', INSTRUCTIONS)
  return function()
    local told = lines
    lines = {}
    return told
  end
end

sethook(look, '', INSTRUCTIONS)
return compile, register, run, run_flat, trace

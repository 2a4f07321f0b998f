-- The library `cjson` as Redis has it: its numbers have 14 digits, its empty table is an object.
-- Given: what decodes. Returned: the library.
local decode = ...
local concat, error, format, gsub, next, pcall, tostring, type =
  table.concat, error, string.format, string.gsub, next, pcall, tostring, type

local DEEPEST = 1000
local null = newproxy(false)

local escapes = {
  ['"'] = '\\"', ['\\'] = '\\\\', ['/'] = '\\/', ['\b'] = '\\b', ['\f'] = '\\f', ['\n'] = '\\n', ['\r'] = '\\r', ['\t'] = '\\t',
}
for code = 0, 127 do
  local character = string.char(code)
  if (code < 32 or code == 127) and not escapes[character] then
    escapes[character] = format('\\u%04x', code)
  end
end

local function quoted(text)
  return '"' .. gsub(text, '[%z\1-\31"\\/\127]', escapes) .. '"'
end

local function written(number)
  if number ~= number or number == math.huge or number == -math.huge then
    error('Cannot serialise number: must not be NaN or Inf', 0)
  end
  return format('%.14g', number)
end

-- How many items the table has as an array, or nil when it is an object.
local function length(items)
  local highest, count = 0, 0
  for key in next, items do
    if type(key) ~= 'number' or key < 1 or key % 1 ~= 0 then
      return nil
    end
    highest, count = key > highest and key or highest, count + 1
  end
  if highest > 10 and highest > count * 2 then
    error('Cannot serialise table: excessively sparse array', 0)
  end
  return highest > 0 and highest or nil
end

local encode

local function name(key)
  if type(key) == 'number' then
    return '"' .. written(key) .. '"'
  elseif type(key) == 'string' then
    return quoted(key)
  end
  error('Cannot serialise table: table key must be a number or string', 0)
end

local function encode_table(items, depth)
  if depth > DEEPEST then
    error(format('Cannot serialise, excessive depth (%d)', depth), 0)
  end
  local parts, count = {}, length(items)
  if count then
    for place = 1, count do
      parts[place] = encode(items[place], depth)
    end
    return '[' .. concat(parts, ',') .. ']'
  end
  for key, value in next, items do
    parts[#parts + 1] = name(key) .. ':' .. encode(value, depth)
  end
  return '{' .. concat(parts, ',') .. '}'
end

function encode(value, depth)
  local kind = type(value)
  if kind == 'string' then
    return quoted(value)
  elseif kind == 'number' then
    return written(value)
  elseif kind == 'boolean' then
    return tostring(value)
  elseif kind == 'table' then
    return encode_table(value, depth + 1)
  elseif value == nil or value == null then
    return 'null'
  end
  error('Cannot serialise ' .. kind .. ': type not supported', 0)
end

return {
  null = null,
  encode = function(value)
    local fine, text = pcall(encode, value, 0)
    if not fine then
      error(text, 2)
    end
    return text
  end,
  decode = function(text)
    local value, problem = decode(tostring(text), null)
    if problem then
      error(problem, 2)
    end
    return value
  end,
}

/**
 * Every operation is one script, so that no other sees half of it, and every script begins by dropping what has run out, by
 * the clock of Redis. Keys, below one hash tag:
 *
 *   {prefix}:instances  hash of `<service> <address>` → `{id, service, address, lease, expires}`: an address cannot be there twice
 *   {prefix}:since      when these keys began, in milliseconds of Redis' clock: a restart without its data begins anew
 *
 * There are as many entries as processes, so reading all of them is cheap.
 */
const begin = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local all = ARGV[1] .. ':instances'
redis.call('SETNX', ARGV[1] .. ':since', string.format('%.0f', now))
local live = {}
local fields = redis.call('HGETALL', all)
for i = 1, #fields, 2 do
  local entry = cjson.decode(fields[i + 1])
  if entry.expires > now then live[#live + 1] = { fields[i], entry } else redis.call('HDEL', all, fields[i]) end
end
local function store(field, entry)
  entry.expires = now + entry.lease
  redis.call('HSET', all, field, cjson.encode(entry))
end`;

/** prefix, lease in ms, (id, service, address) … */
export const putScript = `${begin}
for i = 3, #ARGV, 3 do
  local id, service, address = ARGV[i], ARGV[i + 1], ARGV[i + 2]
  for _, known in ipairs(live) do
    if known[2].service == service and known[2].id == id then redis.call('HDEL', all, known[1]) end
  end
  store(service .. ' ' .. address, { id = id, service = service, address = address, lease = tonumber(ARGV[2]) })
end
return 1`;

/** prefix, id … → for each 1 or 0. */
export const renewScript = `${begin}
local found = {}
for i = 2, #ARGV do
  found[i - 1] = 0
  for _, known in ipairs(live) do
    if known[2].id == ARGV[i] then
      store(known[1], known[2])
      found[i - 1] = 1
    end
  end
end
return found`;

/** prefix, id … */
export const removeScript = `${begin}
for i = 2, #ARGV do
  for _, known in ipairs(live) do
    if known[2].id == ARGV[i] then redis.call('HDEL', all, known[1]) end
  end
end
return 1`;

/** prefix → age in ms, then the entries as JSON. */
export const listScript = `${begin}
local answer = { now - tonumber(redis.call('GET', ARGV[1] .. ':since')) }
for _, known in ipairs(live) do answer[#answer + 1] = cjson.encode(known[2]) end
return answer`;

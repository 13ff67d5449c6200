/**
 * Every operation is one script, so that no other sees half of it. Keys, all below one hash tag so that they share a slot:
 *
 *   {prefix}:lease:<hub>         the lease's token, with a time limit: a crashed hub disappears by itself
 *   {prefix}:c:<conversation>    set of `<hub> <token>`; likewise u:<user>
 *   {prefix}:own:<hub> <token>:c what that lease has registered, for the sweep; likewise :u
 *   {prefix}:seen:<user>         when a hub last dropped the user, Unix milliseconds, with a time limit
 *   {prefix}:hubs                set of every `<hub> <token>` that may have left entries
 *
 * An entry counts only while its token is its hub's lease. So nothing of before a lapse counts after it, and the sweep of old
 * entries can take its time.
 */
const isLive = `
local function isLive(entry)
  local hub, token = string.match(entry, '^(%S+) (%S+)$')
  if hub and redis.call('GET', ARGV[1] .. ':lease:' .. hub) == token then return hub end
  return false
end`;

/** prefix, hub, proposed token, lease in ms → the token that holds. */
export const renewScript = `
local lease = ARGV[1] .. ':lease:' .. ARGV[2]
local token = redis.call('GET', lease)
if token then
  redis.call('PEXPIRE', lease, ARGV[4])
  return token
end
redis.call('SET', lease, ARGV[3], 'PX', ARGV[4])
redis.call('SADD', ARGV[1] .. ':hubs', ARGV[2] .. ' ' .. ARGV[3])
return ARGV[3]`;

/** prefix, hub, token, kind (c or u), key … → 1, or 0 without this lease. */
export const addScript = `
if redis.call('GET', ARGV[1] .. ':lease:' .. ARGV[2]) ~= ARGV[3] then return 0 end
local entry = ARGV[2] .. ' ' .. ARGV[3]
for i = 5, #ARGV do
  redis.call('SADD', ARGV[1] .. ':' .. ARGV[4] .. ':' .. ARGV[i], entry)
  redis.call('SADD', ARGV[1] .. ':own:' .. entry .. ':' .. ARGV[4], ARGV[i])
end
return 1`;

/** prefix, hub, token, conversation … */
export const releaseScript = `
local entry = ARGV[2] .. ' ' .. ARGV[3]
for i = 4, #ARGV do
  redis.call('SREM', ARGV[1] .. ':c:' .. ARGV[i], entry)
  redis.call('SREM', ARGV[1] .. ':own:' .. entry .. ':c', ARGV[i])
end
return 1`;

/** prefix, hub, token, how long to remember in ms, user … */
export const dropScript = `
local now = redis.call('TIME')
local ms = now[1] .. string.format('%03d', math.floor(now[2] / 1000))
local entry = ARGV[2] .. ' ' .. ARGV[3]
for i = 5, #ARGV do
  redis.call('SREM', ARGV[1] .. ':own:' .. entry .. ':u', ARGV[i])
  if redis.call('SREM', ARGV[1] .. ':u:' .. ARGV[i], entry) == 1 then
    redis.call('SET', ARGV[1] .. ':seen:' .. ARGV[i], ms, 'PX', ARGV[4])
  end
end
return 1`;

/** prefix, user … → for each user 'online', or when they were last seen, or ''. */
export const presenceScript = `${isLive}
local known = {}
local found = {}
for i = 2, #ARGV do
  local state = false
  for _, entry in ipairs(redis.call('SMEMBERS', ARGV[1] .. ':u:' .. ARGV[i])) do
    if known[entry] == nil then known[entry] = isLive(entry) end
    if known[entry] then state = 'online' end
  end
  found[#found + 1] = state or redis.call('GET', ARGV[1] .. ':seen:' .. ARGV[i]) or ''
end
return found`;

/** prefix, hub, token: ends this lease and no later one. The entries are left to the sweep. */
export const leaveScript = `
local lease = ARGV[1] .. ':lease:' .. ARGV[2]
if redis.call('GET', lease) == ARGV[3] then redis.call('DEL', lease) end
return 1`;

/** prefix, kind, key … → for each key its live hubs. */
export const findScript = `${isLive}
local known = {}
local found = {}
for i = 3, #ARGV do
  local hubs = {}
  for _, entry in ipairs(redis.call('SMEMBERS', ARGV[1] .. ':' .. ARGV[2] .. ':' .. ARGV[i])) do
    if known[entry] == nil then known[entry] = isLive(entry) end
    if known[entry] then hubs[#hubs + 1] = known[entry] end
  end
  found[#found + 1] = hubs
end
return found`;

/** prefix → live hubs. */
export const hubsScript = `${isLive}
local hubs = {}
for _, entry in ipairs(redis.call('SMEMBERS', ARGV[1] .. ':hubs')) do
  local hub = isLive(entry)
  if hub then hubs[#hubs + 1] = hub end
end
return hubs`;

/** prefix, how many entries at most → 1 when there is more to sweep. */
export const sweepScript = `${isLive}
for _, entry in ipairs(redis.call('SMEMBERS', ARGV[1] .. ':hubs')) do
  if not isLive(entry) then
    for _, kind in ipairs({ 'c', 'u' }) do
      local own = ARGV[1] .. ':own:' .. entry .. ':' .. kind
      for _, key in ipairs(redis.call('SPOP', own, ARGV[2])) do
        redis.call('SREM', ARGV[1] .. ':' .. kind .. ':' .. key, entry)
      end
      if redis.call('EXISTS', own) == 1 then return 1 end
    end
    redis.call('SREM', ARGV[1] .. ':hubs', entry)
  end
end
return 0`;

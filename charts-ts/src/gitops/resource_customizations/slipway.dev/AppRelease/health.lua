-- Health of an AppRelease. What each phase means to Argo CD stands in docs/reference/status.md, which
-- is generated from the operator; a test compares the two.
local health_of = {
  Healthy = "Healthy",
  Progressing = "Progressing",
  Paused = "Suspended",
  RolledBack = "Degraded",
  Degraded = "Degraded",
  Blocked = "Degraded",
}

local function answer(status, message)
  return { status = status, message = message }
end

local function table_or_empty(value)
  if type(value) == "table" then
    return value
  end
  return {}
end

-- The images that git asks for, where the manifests say so (annotation slipway.dev/images): a release
-- whose operator has not looked yet is not healthy, however well the last version is.
local function awaited_images(metadata, status)
  local wanted = table_or_empty(metadata.annotations)["slipway.dev/images"]
  if type(wanted) ~= "string" or wanted == "" then
    return nil
  end
  local serving = table_or_empty(table_or_empty(status.stable).images)
  if table.concat(serving, ",") == wanted then
    return nil
  end
  return wanted
end

local function reason_of(status)
  for _, condition in ipairs(table_or_empty(status.conditions)) do
    if type(condition) == "table" and condition.type == "Ready" then
      return condition.reason
    end
  end
  return nil
end

local metadata = table_or_empty(obj.metadata)
local status = table_or_empty(obj.status)

if status.phase == nil then
  return answer("Progressing", "the operator has not looked at it yet")
end

local generation = tonumber(metadata.generation)
local observed = tonumber(status.observedGeneration)
if observed == nil or (generation ~= nil and observed < generation) then
  return answer("Progressing", "the operator has not seen the newest spec yet")
end

local health = health_of[status.phase]
if health == nil then
  return answer("Unknown", "phase " .. tostring(status.phase) .. " is not known to this health check")
end

if health == "Healthy" then
  local awaited = awaited_images(metadata, status)
  if awaited ~= nil then
    return answer("Progressing", "the operator has not seen these images yet: " .. awaited)
  end
  return answer(health, status.message or "")
end

local parts = {}
for _, part in ipairs({ reason_of(status) or status.phase, status.message or "" }) do
  if part ~= "" then
    table.insert(parts, part)
  end
end
return answer(health, table.concat(parts, ": "))

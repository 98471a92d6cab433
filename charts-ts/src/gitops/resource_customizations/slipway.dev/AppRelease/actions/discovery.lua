-- The actions that make sense now. The operator has the last word: what it finds out of date by then
-- ends Expired.
local function table_or_empty(value)
  if type(value) == "table" then
    return value
  end
  return {}
end

local status = table_or_empty(obj.status)
local stable = table_or_empty(status.stable)
local candidate = table_or_empty(status.candidate)
local step = table_or_empty(status.step)

local is_trying = status.stage == "Stepping" or status.stage == "Promoting"
-- A first release has no steps, and nothing to go back to.
local has_way_back = stable.replicaSet ~= nil and stable.replicaSet ~= candidate.replicaSet
local is_under_way = is_trying and candidate.revision ~= nil and has_way_back
local is_paused = status.pausedBy ~= nil

local actions = {}
if is_under_way and status.stage == "Stepping" and not step.isPromoted then
  if step.kind == "pause" or step.kind == "verify" then
    actions["promote"] = { displayName = "Promote past this step", iconClass = "fa fa-fw fa-forward" }
  end
end
if is_under_way then
  actions["abort"] = { displayName = "Abort: back to stable", iconClass = "fa fa-fw fa-undo" }
  if is_paused then
    actions["resume"] = { displayName = "Resume", iconClass = "fa fa-fw fa-play" }
  else
    actions["pause"] = { displayName = "Pause here", iconClass = "fa fa-fw fa-pause" }
  end
end
if status.phase == "RolledBack" and status.stage == "RolledBack" and candidate.revision ~= nil then
  actions["retry"] = { displayName = "Retry this version", iconClass = "fa fa-fw fa-redo" }
end
return actions

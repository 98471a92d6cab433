-- Health of a ReleaseAction: what the operator made of it. It is no part of an Application (git does
-- not hold it), so an Expired one shows red in the tree and makes no Application Degraded.
local status = {}
if type(obj.status) == "table" then
  status = obj.status
end
if status.phase == nil then
  return { status = "Progressing", message = "the operator has not answered yet" }
end
local message = status.phase
if type(status.message) == "string" and status.message ~= "" then
  message = status.phase .. ": " .. status.message
end
if status.phase == "Applied" then
  return { status = "Healthy", message = message }
end
return { status = "Degraded", message = message }

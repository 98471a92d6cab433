local action = "pause"

-- Creates a ReleaseAction, as `kubectl slipway` does. The five scripts differ in their first line only:
-- Argo CD gives a script no way to load another.

-- Whom the API server sees. A ValidatingAdmissionPolicy refuses any other name here: it is the account
-- with which argocd-server talks to the cluster of the Application.
local by = "system:serviceaccount:argocd:argocd-server"

local function table_or_empty(value)
  if type(value) == "table" then
    return value
  end
  return {}
end

local metadata = table_or_empty(obj.metadata)
local status = table_or_empty(obj.status)
local candidate = table_or_empty(status.candidate)
local params = table_or_empty(actionParams)

if candidate.revision == nil then
  error("no release of " .. tostring(metadata.name) .. " is under way", 0)
end

local spec = {}
spec.release = metadata.name
spec.action = action
spec.revision = candidate.revision
spec.by = by
-- Argo CD tells a script neither who clicked nor in which Application. The Application stands in its
-- tracking annotation; who clicked stands in the Event ResourceActionRan of that Application. A name
-- given as a parameter would be anybody's claim.
spec.onBehalfOf = "a user of Argo CD"
local tracking = table_or_empty(metadata.annotations)["argocd.argoproj.io/tracking-id"]
if type(tracking) == "string" and tracking ~= "" then
  spec.onBehalfOf = "a user of Argo CD, in " .. tracking
end
if type(params.reason) == "string" and params.reason ~= "" then
  spec.reason = params.reason
end
-- Passing a step that nobody looked at is the danger of promote, and of promote alone.
if action == "promote" and status.step ~= nil then
  spec.step = status.step.index
end

local owner = {}
owner.apiVersion = obj.apiVersion
owner.kind = obj.kind
owner.name = metadata.name
owner.uid = metadata.uid

local asked = {}
asked.apiVersion = "slipway.dev/v1alpha1"
asked.kind = "ReleaseAction"
asked.metadata = {}
asked.metadata.generateName = metadata.name .. "-" .. action .. "-"
asked.metadata.namespace = metadata.namespace
asked.metadata.labels = { ["app.kubernetes.io/managed-by"] = "argocd" }
asked.metadata.ownerReferences = { owner }
asked.spec = spec

return { { operation = "create", resource = asked } }

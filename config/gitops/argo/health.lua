-- Health of PhotoPlatforms and ProcessingPipelines for Argo CD. Both kinds have the same conditions.
-- Argo CD runs Lua 5.1 and gives the object as `obj`.
local function condition(name)
  local status = obj.status
  if status == nil or status.conditions == nil then
    return nil
  end
  for _, found in ipairs(status.conditions) do
    if found.type == name then
      return found
    end
  end
  return nil
end

local function health(status, about)
  local message = ""
  if about ~= nil then
    message = about.reason or ""
    if about.message ~= nil and about.message ~= "" then
      message = message .. ": " .. about.message
    end
  end
  return { status = status, message = message }
end

local ready = condition("Ready")
local stalled = condition("Stalled")
local reconciling = condition("Reconciling")
local operation = obj.spec ~= nil and obj.spec.operation or "Running"
local generation = obj.metadata ~= nil and obj.metadata.generation or nil

if obj.metadata ~= nil and obj.metadata.deletionTimestamp ~= nil then
  return { status = "Progressing", message = "it is being deleted" }
end
-- What is known is about an older spec: even a failure may be mended by the new one.
if obj.status == nil or obj.status.observedGeneration == nil then
  return { status = "Progressing", message = "the operator has not seen it yet" }
end
if generation ~= nil and obj.status.observedGeneration < generation then
  return { status = "Progressing", message = "the operator has not seen the change yet" }
end
if stalled ~= nil and stalled.status == "True" then
  return health("Degraded", stalled)
end
if reconciling ~= nil and reconciling.status == "True" then
  return health("Progressing", reconciling)
end
if operation ~= "Running" then
  return { status = "Suspended", message = "operation is " .. operation }
end
if ready ~= nil and ready.status == "True" then
  return health("Healthy", ready)
end
if ready ~= nil and ready.status == "False" then
  return health("Degraded", ready)
end
return health("Progressing", ready)

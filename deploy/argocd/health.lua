-- SPDX-License-Identifier: Apache-2.0
-- SPDX-FileCopyrightText: The Patchswarm authors

-- Health of P2PProfile, PatchArtifact and DistributionJob for Argo CD: docs/install.md says where it goes.
local health = { status = "Progressing", message = "The operator has not seen this version yet." }
if obj.status == nil or obj.status.observedGeneration ~= obj.metadata.generation then
  return health
end

local found = {}
for _, condition in ipairs(obj.status.conditions or {}) do
  found[condition.type] = condition
end

-- What decides, first: a suspended job is Reconciling as well, a failed one Stalled.
local verdicts = {
  { type = "Failed", health = "Degraded" },
  { type = "Suspended", health = "Suspended" },
  { type = "Stalled", health = "Degraded" },
  { type = "Ready", health = "Healthy" },
  { type = "Reconciling", health = "Progressing" },
}
for _, verdict in ipairs(verdicts) do
  local condition = found[verdict.type]
  if condition ~= nil and condition.status == "True" then
    return { status = verdict.health, message = condition.message }
  end
end
return health

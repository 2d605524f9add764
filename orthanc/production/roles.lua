-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Who may do what over HTTP, after Orthanc has checked user and password. What no line here allows is
-- refused, to everyone: nobody deletes, resets or reconfigures the archive over the network.
--   worker       fetches images, stores results, answers questions
--   monitoring   reads metrics and health
--   every other  reads studies; uses MammoVLM's page
-- Workers and people may also see what runs here and how it does: `mammovlm doctor` asks as one of them.

local uid = '[0-9.]+'
local name = '[^/]+'

local installation = { '^/system$', '^/plugins/[a-z-]+$', '^/tools/now$', '^/mammovlm/health$' }

local rules = {
  worker = {
    GET = {
      '^/dicom%-web/studies/' .. uid, '^/mammovlm/studies/' .. name .. '/questions/[0-9]+$',
      table.unpack(installation),
    },
    POST = {
      '^/dicom%-web/studies$', '^/dicom%-web/studies/' .. uid .. '$',
      '^/mammovlm/studies/' .. name .. '/questions/[0-9]+/answer$',
    },
  },
  monitoring = { GET = { '^/mammovlm/metrics$', '^/mammovlm/health$', '^/mammovlm/live$', '^/mammovlm/ready$' } },
}

local person = {
  GET = {
    '^/$', '^/app/', '^/mammovlm', '^/ohif', '^/dicom%-web/studies', '^/dicom%-web/series',
    '^/dicom%-web/instances', '^/patients', '^/studies', '^/series', '^/instances', '^/statistics$',
    table.unpack(installation),
  },
  POST = { '^/mammovlm/', '^/tools/find$', '^/tools/lookup$' },
}

local answers_of_worker = '^/mammovlm/studies/' .. name .. '/questions/[0-9]+/answer$'

local function matches(uri, patterns)
  for _, pattern in ipairs(patterns or {}) do
    if string.match(uri, pattern) then
      return true
    end
  end
  return false
end

function IncomingHttpRequestFilter(method, uri, _, username)
  if username == nil or username == '' then
    return false
  end
  local role = rules[username]
  if role == nil and matches(uri, { answers_of_worker }) and method ~= 'GET' then
    return false
  end
  return matches(uri, (role or person)[method])
end

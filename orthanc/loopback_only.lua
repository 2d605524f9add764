-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Refuses images that come by C-STORE from another machine, unless MammoVLM.AcceptRemoteDicom says
-- otherwise: Orthanc 1.10 cannot bind its DICOM port to the loopback address, and its Python plugin
-- does not tell a filter the sender's address. Raising an error is what makes 1.10 answer with
-- "Refused: Out of Resources" (A700) and store nothing; a returned status is ignored there.

local function is_loopback(address)
  return string.match(address, '^127%.') ~= nil
    or string.match(address, '^::ffff:127%.') ~= nil
    or address == '::1'
end

local settings = GetOrthancConfiguration()['MammoVLM'] or {}
local accepts_remote = tostring(settings['AcceptRemoteDicom']) == 'true'

function ReceivedCStoreInstanceFilter(_, origin)
  if not accepts_remote and not is_loopback(origin['RemoteIp'] or '') then
    error('C-STORE refused: it does not come from this machine (MammoVLM.AcceptRemoteDicom)')
  end
  return 0x0000
end

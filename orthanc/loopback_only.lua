-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Refuses images that come by C-STORE from another machine, unless MammoVLM.AcceptRemoteDicom says
-- otherwise: Orthanc 1.10 cannot bind its DICOM port to the loopback address, and its Python plugin
-- does not tell a filter the sender's address. Returning false would store nothing but answer
-- "Success", so an error is raised: the sender gets "Refused: Out of Resources" (A700). The newer
-- ReceivedCStoreInstanceFilter is not used: 1.10.1 takes its status 0 (success) for "discard".

local function is_loopback(address)
  return string.match(address, '^127%.') ~= nil
    or string.match(address, '^::ffff:127%.') ~= nil
    or address == '::1'
end

local settings = GetOrthancConfiguration()['MammoVLM'] or {}
local accepts_remote = tostring(settings['AcceptRemoteDicom']) == 'true'

-- Orthanc 1.10 hands a filter all tags of an image, sequences in sequences, without asking Lua for
-- room (lua_checkstack): some ten levels overran Lua's stack and ended Orthanc. So the stack is made
-- large beforehand, and is kept so: a collection gives room back, so it happens here alone.
local ROOM = 200000 -- in slots; DCMTK itself overruns its thread's stack before these are used up
local COLLECT_EVERY = 20 -- images
local images = 0

local function make_room()
  select('#', table.unpack({}, 1, ROOM))
end

collectgarbage('stop')
make_room()

function ReceivedInstanceFilter(_, origin)
  images = images + 1
  if images % COLLECT_EVERY == 0 then
    collectgarbage('collect')
    make_room()
  end
  local is_refused = origin['RequestOrigin'] == 'DicomProtocol'
    and not accepts_remote
    and not is_loopback(origin['RemoteIp'] or '')
  if is_refused then
    error('C-STORE refused: it does not come from this machine (MammoVLM.AcceptRemoteDicom)')
  end
  return true
end

"""Who the algorithm is: name, version, parts and their hashes, in one identifier."""

import hashlib
import json
from dataclasses import asdict

from mammovlm import __version__
from mammovlm.findings import Algorithm
from mammovlm.model.parts import LoadedParts

NAME = "MammoVLM"
MANUFACTURER = "MammoVLM open-source project"


def algorithm_identity(parts: LoadedParts) -> Algorithm:
    """Name the algorithm as TID 4019 wants it.

    The device UID is made of version, preset, routes and every part's hash (PS3.5 B.2, UUID-derived
    form 2.25), so that other weights are another device.
    """
    return Algorithm(
        name=NAME,
        manufacturer=MANUFACTURER,
        version=__version__,
        preset=parts.preset.name,
        device_uid=_device_uid(parts),
        parts=parts.identities,
        training_note=parts.training_note,
    )


def _device_uid(parts: LoadedParts) -> str:
    named = [__version__, parts.preset.name, dict(parts.preset.routes)]
    told = json.dumps([*named, [asdict(part) for part in parts.identities]])
    return f"2.25.{int(hashlib.sha256(told.encode()).hexdigest()[:32], 16)}"

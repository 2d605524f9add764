# SPDX-License-Identifier: AGPL-3.0-or-later
"""The coded views and view modifiers of mammography (PS3.16 CID 4014 and CID 4015).

Each concept is known by its SNOMED CT code and by the older SNOMED-RT code (schemes SRT, SNM3,
99SDM) that units in the field still write. The values do not overlap, so the scheme, which is
often wrong, is not looked at.
"""

from enum import StrEnum


class Modifier(StrEnum):
    """What a view modifier means for the intake."""

    MAGNIFICATION = "magnification"
    SPOT = "spot"
    IMPLANT_DISPLACED = "implant-displaced"
    NIPPLE_IN_PROFILE = "nipple-in-profile"
    SPECIAL = "special"


SPECIMEN = "SPECIMEN"

VIEW_BY_CODE = {
    "399162004": "CC",
    "R-10242": "CC",
    "399368009": "MLO",
    "R-10226": "MLO",
    "399260004": "ML",
    "R-10224": "ML",
    "399352003": "LM",
    "R-10228": "LM",
    "399099002": "LMO",
    "R-10230": "LMO",
    "399196006": "FB",
    "R-10244": "FB",
    "399188001": "SIO",
    "R-102D0": "SIO",
    "441555000": "ISO",
    "R-40AAA": "ISO",
    "399192008": "XCCL",
    "R-1024A": "XCCL",
    "399101009": "XCCM",
    "R-1024B": "XCCM",
    "127457009": SPECIMEN,
    "G-8310": SPECIMEN,
}

VIEW_BY_MEANING = {
    "CRANIOCAUDAL": "CC",
    "MEDIOLATERALOBLIQUE": "MLO",
    "MEDIOLATERAL": "ML",
    "MEDIALLATERAL": "ML",
    "LATEROMEDIAL": "LM",
    "LATEROMEDIALOBLIQUE": "LMO",
    "CAUDOCRANIAL": "FB",
    "CRANIOCAUDALEXAGGERATEDLATERALLY": "XCCL",
    "CRANIOCAUDALEXAGGERATEDMEDIALLY": "XCCM",
}
"""Code meanings, letters only, for units that write a private code for a standard view."""

MODIFIER_BY_CODE = {
    "399163009": Modifier.MAGNIFICATION,
    "R-102D6": Modifier.MAGNIFICATION,
    "399055006": Modifier.SPOT,
    "R-102D7": Modifier.SPOT,
    "399209000": Modifier.IMPLANT_DISPLACED,
    "R-102D5": Modifier.IMPLANT_DISPLACED,
    "442581004": Modifier.NIPPLE_IN_PROFILE,
    "R-40AB3": Modifier.NIPPLE_IN_PROFILE,
    "399161006": Modifier.SPECIAL,  # cleavage
    "R-102D2": Modifier.SPECIAL,
    "399011000": Modifier.SPECIAL,  # axillary tail
    "R-102D1": Modifier.SPECIAL,
    "442580003": Modifier.SPECIAL,  # axillary tissue
    "R-40AB2": Modifier.SPECIAL,
    "399197002": Modifier.SPECIAL,  # rolled lateral
    "R-102D3": Modifier.SPECIAL,
    "399226006": Modifier.SPECIAL,  # rolled medial
    "R-102D4": Modifier.SPECIAL,
    "414493004": Modifier.SPECIAL,  # rolled inferior
    "R-102CA": Modifier.SPECIAL,
    "415670009": Modifier.SPECIAL,  # rolled superior
    "R-102C9": Modifier.SPECIAL,
    "399110001": Modifier.SPECIAL,  # tangential
    "R-102C2": Modifier.SPECIAL,
    "441752004": Modifier.SPECIAL,  # anterior compression
    "P2-00161": Modifier.SPECIAL,
    "442593008": Modifier.SPECIAL,  # infra-mammary fold
    "R-40ABE": Modifier.SPECIAL,
}

RIGHT_CODES = frozenset({"24028007", "G-A100", "73056007", "T-04020"})
"""Right, and right breast."""

LEFT_CODES = frozenset({"7771000", "G-A101", "80248007", "T-04030"})
"""Left, and left breast."""

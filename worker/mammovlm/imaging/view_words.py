"""The codes and words by which makers name a view, its modifiers and its side.

Codes are those of CID 4014 and 4015 (PS3.16) in SNOMED CT, and the same in the older SNOMED RT
(schemes SRT, SNM3, 99SDM). Words are View Position's terms (PS3.3 C.8.11.5), the labels of the
Mammography Quality Standards Act, and the codes' meanings.
"""

from enum import StrEnum

from mammovlm.study import Laterality, LeftOutReason


class ViewName(StrEnum):
    """The views of CID 4014, by their usual abbreviations."""

    CC = "CC"
    MLO = "MLO"
    ML = "ML"
    LM = "LM"
    LMO = "LMO"
    FB = "FB"
    XCCL = "XCCL"
    XCCM = "XCCM"
    SIO = "SIO"
    ISO = "ISO"
    SPECIMEN = "SPECIMEN"


class Modifier(StrEnum):
    """The view modifiers of CID 4015."""

    MAGNIFICATION = "magnification"
    SPOT = "spot compression"
    IMPLANT_DISPLACED = "implant displaced"
    CLEAVAGE = "cleavage"
    AXILLARY_TAIL = "axillary tail"
    AXILLARY_TISSUE = "axillary tissue"
    TANGENTIAL = "tangential"
    ROLLED = "rolled"
    NIPPLE_IN_PROFILE = "nipple in profile"
    INFRAMAMMARY_FOLD = "infra-mammary fold"
    ANTERIOR_COMPRESSION = "anterior compression"


VIEW_OF_CODE = {
    "399162004": ViewName.CC,
    "R-10242": ViewName.CC,
    "399368009": ViewName.MLO,
    "R-10226": ViewName.MLO,
    "399260004": ViewName.ML,
    "R-10224": ViewName.ML,
    "399352003": ViewName.LM,
    "R-10228": ViewName.LM,
    "399099002": ViewName.LMO,
    "R-10230": ViewName.LMO,
    "399196006": ViewName.FB,
    "R-10244": ViewName.FB,
    "399192008": ViewName.XCCL,
    "R-1024A": ViewName.XCCL,
    "399101009": ViewName.XCCM,
    "R-1024B": ViewName.XCCM,
    "399188001": ViewName.SIO,
    "R-102D0": ViewName.SIO,
    "441555000": ViewName.ISO,
    "R-40AAA": ViewName.ISO,
    "127457009": ViewName.SPECIMEN,
    "G-8310": ViewName.SPECIMEN,
}
MODIFIER_OF_CODE = {
    "399163009": Modifier.MAGNIFICATION,
    "R-102D6": Modifier.MAGNIFICATION,
    "399055006": Modifier.SPOT,
    "R-102D7": Modifier.SPOT,
    "399209000": Modifier.IMPLANT_DISPLACED,
    "R-102D5": Modifier.IMPLANT_DISPLACED,
    "399161006": Modifier.CLEAVAGE,
    "R-102D2": Modifier.CLEAVAGE,
    "399011000": Modifier.AXILLARY_TAIL,
    "R-102D1": Modifier.AXILLARY_TAIL,
    "442580003": Modifier.AXILLARY_TISSUE,
    "R-40AB2": Modifier.AXILLARY_TISSUE,
    "399110001": Modifier.TANGENTIAL,
    "R-102C2": Modifier.TANGENTIAL,
    "399197002": Modifier.ROLLED,
    "R-102D3": Modifier.ROLLED,
    "399226006": Modifier.ROLLED,
    "R-102D4": Modifier.ROLLED,
    "415670009": Modifier.ROLLED,
    "R-102C9": Modifier.ROLLED,
    "414493004": Modifier.ROLLED,
    "R-102CA": Modifier.ROLLED,
    "442581004": Modifier.NIPPLE_IN_PROFILE,
    "R-40AB3": Modifier.NIPPLE_IN_PROFILE,
    "442593008": Modifier.INFRAMAMMARY_FOLD,
    "R-40ABE": Modifier.INFRAMAMMARY_FOLD,
    "441752004": Modifier.ANTERIOR_COMPRESSION,
    "P2-00161": Modifier.ANTERIOR_COMPRESSION,
}
SIDE_OF_CODE = {
    "24028007": Laterality.RIGHT,
    "G-A100": Laterality.RIGHT,
    "73056007": Laterality.RIGHT,
    "T-04020": Laterality.RIGHT,
    "7771000": Laterality.LEFT,
    "G-A101": Laterality.LEFT,
    "80248007": Laterality.LEFT,
    "T-04030": Laterality.LEFT,
}
REASON_OF_MODIFIER = {
    Modifier.MAGNIFICATION: LeftOutReason.MAGNIFICATION,
    Modifier.SPOT: LeftOutReason.SPOT_COMPRESSION,
}
"""Every other modifier but the displaced implant makes a special view."""

"""EMBED's codes for findings (publisher's clinical legend) in the words of BI-RADS."""

from mammovlm.training.datasets.imported import known
from mammovlm.training.datasets.labels import FindingType
from mammovlm.training.datasets.tables import Cells

_SHAPES = {
    **dict.fromkeys("GROX", FindingType.MASS),  # generic, round, oval, irregular
    "A": FindingType.ARCHITECTURAL_DISTORTION,
    "Q": FindingType.ARCHITECTURAL_DISTORTION,  # questioned
    "T": FindingType.DILATED_DUCT,
    "N": FindingType.LYMPH_NODE,  # intramammary
    "Y": FindingType.LYMPH_NODE,
    "B": FindingType.GLOBAL_ASYMMETRY,
    "F": FindingType.FOCAL_ASYMMETRY,
    "S": FindingType.ASYMMETRY,
    "V": FindingType.DEVELOPING_ASYMMETRY,
}


def finding_types(cells: Cells) -> frozenset[FindingType]:
    """Read the kinds of one finding row; none where it describes none.

    Raises
    ------
    ViewRefused
        LABEL_UNKNOWN where the legend does not name the shape.
    """
    found = set()
    if cells["massshape"]:
        found.add(known(_SHAPES, cells["massshape"], "massshape"))
    if cells["calcfind"] or cells["calcdistri"]:
        found.add(FindingType.CALCIFICATIONS)
    return frozenset(found)

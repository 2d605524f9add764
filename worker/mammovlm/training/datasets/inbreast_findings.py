"""Kinds of finding in INbreast's annotations: OsiriX regions in ``AllXML/<file name>.xml``.

The region names, with their misspellings, are from public descriptions of the files; no file was at
hand. Single points and regions without a name say nothing about their kind.
"""

import plistlib
from collections.abc import Iterator
from pathlib import Path
from xml.parsers.expat import ExpatError

from mammovlm.training.datasets.imported import Reason, ViewRefused, known
from mammovlm.training.datasets.labels import FindingType

_KINDS = {
    "mass": FindingType.MASS,
    "spiculated region": FindingType.MASS,
    "espiculated region": FindingType.MASS,
    "calcification": FindingType.CALCIFICATIONS,
    "calcifications": FindingType.CALCIFICATIONS,
    "cluster": FindingType.CALCIFICATIONS,
    "distortion": FindingType.ARCHITECTURAL_DISTORTION,
    "asymmetry": FindingType.ASYMMETRY,
    "assymetry": FindingType.ASYMMETRY,
}
_WITHOUT_KIND = {"", "unnamed", "point 1", "point 3"}


def finding_types(annotation: Path) -> frozenset[FindingType] | None:
    """Read the kinds of finding of one image.

    Parameters
    ----------
    annotation
        The image's file. Where it does not exist the image has no finding: the publisher has
        annotated every one.

    Returns
    -------
    frozenset of FindingType, or None
        None where regions are marked and none of them tells its kind.

    Raises
    ------
    ViewRefused
        LABEL_UNKNOWN where a region has another name, UNREADABLE where the file is broken.
    """
    if not annotation.is_file():
        return frozenset()
    names = {name.strip().lower() for name in _region_names(annotation)}
    kinds = {known(_KINDS, name, "region") for name in names - _WITHOUT_KIND}
    return frozenset(kinds) if kinds or not names else None


def _region_names(annotation: Path) -> Iterator[str]:
    try:
        content = plistlib.loads(annotation.read_bytes(), fmt=plistlib.FMT_XML)
        for image in content["Images"]:
            for region in image["ROIs"]:
                yield str(region.get("Name") or "")
    except (plistlib.InvalidFileException, ExpatError, KeyError, TypeError, ValueError) as error:
        raise ViewRefused(Reason.UNREADABLE, annotation.name) from error

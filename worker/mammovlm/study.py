"""A mammography study as the model sees it: views, where they came from, what was left out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

import numpy as np
import numpy.typing as npt
from pydicom import Dataset


class Laterality(StrEnum):
    """Side of the body, as DICOM Image Laterality (0020,0062) writes it."""

    RIGHT = "R"
    LEFT = "L"


class ViewPosition(StrEnum):
    """The two standard views, as DICOM View Position (0018,5101) writes them."""

    CC = "CC"
    MLO = "MLO"


@dataclass(frozen=True, order=True)
class Slot:
    """One of the four places of a standard exam: a side and a view."""

    laterality: Laterality
    position: ViewPosition

    def __str__(self) -> str:
        return f"{self.laterality}{self.position}"


HANGING_ORDER: tuple[Slot, ...] = (
    Slot(Laterality.RIGHT, ViewPosition.CC),
    Slot(Laterality.LEFT, ViewPosition.CC),
    Slot(Laterality.RIGHT, ViewPosition.MLO),
    Slot(Laterality.LEFT, ViewPosition.MLO),
)
"""The four standard slots, in the order in which radiologists hang them."""


class LeftOutReason(StrEnum):
    """Why one image of a study was not analysed. The value is kept in status, JSON and report."""

    NOT_DICOM = "not-dicom"
    NOT_MAMMOGRAPHY = "not-mammography"
    OWN_RESULT = "own-result"
    TOMOSYNTHESIS = "tomosynthesis"
    MAGNIFICATION = "magnification"
    SPOT_COMPRESSION = "spot-compression"
    SPECIMEN = "specimen"
    STEREO_BIOPSY = "stereo-biopsy"
    QUALITY_CONTROL = "quality-control"
    SPECIAL_VIEW = "special-view"
    LATERALITY_UNKNOWN = "laterality-unknown"
    VIEW_UNKNOWN = "view-unknown"
    FOR_PROCESSING_TWIN = "for-processing-twin"
    IMPLANT_IN_VIEW = "implant-in-view"
    REPEATED = "repeated"
    ATTRIBUTE_MISSING = "attribute-missing"
    TRANSFER_SYNTAX_UNKNOWN = "transfer-syntax-unknown"
    PIXELS_MISSING = "pixels-missing"
    PIXELS_UNREADABLE = "pixels-unreadable"
    SIZE_REFUSED = "size-refused"
    NO_BREAST_FOUND = "no-breast-found"


@dataclass(frozen=True)
class LeftOut:
    """An image that was not analysed, and why.

    Parameters
    ----------
    sop_instance_uid
        Identifier of the image; empty where the file was no DICOM at all.
    reason
        The named reason.
    detail
        Attribute keyword, size or transfer syntax; never patient data.
    """

    sop_instance_uid: str
    reason: LeftOutReason
    detail: str = ""


@dataclass(frozen=True)
class SourceImage:
    """The stored image that a view was read from.

    Parameters
    ----------
    sop_class_uid, sop_instance_uid, series_instance_uid
        Identity of the stored object.
    rows, columns
        Size of the stored pixel matrix.
    for_presentation
        False where only a FOR PROCESSING image was there (0008,0068).
    header
        The data set without pixel data, as the result objects need it (patient and study
        modules, evidence). Never logged.
    """

    sop_class_uid: str
    sop_instance_uid: str
    series_instance_uid: str
    rows: int
    columns: int
    for_presentation: bool
    header: Dataset = field(repr=False, compare=False)


@dataclass(frozen=True)
class BreastBox:
    """The smallest upright box around the breast, in stored pixels (half open)."""

    top: int
    left: int
    bottom: int
    right: int


@dataclass(frozen=True)
class View:
    """One standard view, ready for the model.

    Parameters
    ----------
    slot
        Side and view position.
    pixels
        float32, shape (rows, columns) of the stored image, 0..1, 0 = air, 1 = densest.
    spacing_mm
        Row and column spacing in millimetres at the breast or detector, or None where unknown.
    breast
        Where the breast lies in ``pixels``.
    source
        The stored image.
    metadata
        What the header says that a text encoder may read (four-systems 2.1): plain words by
        field name ("age", "manufacturer", "thickness_mm", ...). Fields that are absent in the
        header are absent here.
    """

    slot: Slot
    pixels: npt.NDArray[np.float32] = field(repr=False, compare=False)
    spacing_mm: tuple[float, float] | None
    breast: BreastBox
    source: SourceImage
    metadata: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}), repr=False)


@dataclass(frozen=True)
class Study:
    """Everything that goes into the model, and what was left out.

    Parameters
    ----------
    study_instance_uid
        (0020,000D) of every view.
    views
        At least one, at most one per slot except for mosaics (Partial View (0028,1350) YES), in
        hanging order.
    left_out
        Images not analysed, with their reasons.
    """

    study_instance_uid: str
    views: tuple[View, ...]
    left_out: tuple[LeftOut, ...] = ()

    @property
    def missing(self) -> tuple[Slot, ...]:
        """The standard slots without a view, in hanging order."""
        filled = {view.slot for view in self.views}
        return tuple(slot for slot in HANGING_ORDER if slot not in filled)

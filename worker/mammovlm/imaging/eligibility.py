"""Which objects of a study are two-dimensional standard views, and why the others are not.

The rules are those by which the intake fills its slots (dicom-and-field A.3).
"""

import re
from enum import Enum, auto

from pydicom import Dataset
from pydicom.uid import (
    UID,
    BreastProjectionXRayImageStorageForPresentation,
    BreastProjectionXRayImageStorageForProcessing,
    BreastTomosynthesisImageStorage,
    DigitalMammographyXRayImageStorageForPresentation,
    DigitalMammographyXRayImageStorageForProcessing,
)

from mammovlm.imaging.attributes import codes, items, number, text, texts, whole_number
from mammovlm.imaging.refusal import ImageRefused
from mammovlm.imaging.view_identity import ViewIdentity
from mammovlm.imaging.view_words import REASON_OF_MODIFIER, Modifier, ViewName
from mammovlm.study import LeftOutReason

MAMMOGRAPHY_CLASSES = (
    DigitalMammographyXRayImageStorageForPresentation,
    DigitalMammographyXRayImageStorageForProcessing,
)
_TOMOSYNTHESIS_CLASSES = (
    BreastTomosynthesisImageStorage,
    BreastProjectionXRayImageStorageForPresentation,
    BreastProjectionXRayImageStorageForProcessing,
)
_STANDARD_MODIFIERS = {Modifier.IMPLANT_DISPLACED, Modifier.NIPPLE_IN_PROFILE}
_OWN_NAME = "MammoVLM"
_LARGEST_MAGNIFICATION = 1.1
_PHANTOM = "113681"  # (113681, DCM, "Phantom")
_NOT_ANATOMY = {"SUBTRACTION", "SUBTRACTED", "RECOMBINED", "HIGH_ENERGY"}
_SYNTHETIC = {"GENERATED_2D", "TOMO_2D"}
_BIOPSY = ("STEREO", "PREFIRE", "POSTFIRE")
_SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"


class Kind(Enum):
    """What an object is for us."""

    MAMMOGRAM = auto()
    OTHER_IMAGE = auto()
    NO_IMAGE = auto()


def kind_of(header: Dataset) -> Kind:
    """Tell mammograms from other images and from reports, presentation states and the like."""
    sop_class, modality = text(header, "SOPClassUID"), text(header, "Modality").upper()
    if sop_class in (*MAMMOGRAPHY_CLASSES, *_TOMOSYNTHESIS_CLASSES):
        return Kind.MAMMOGRAM
    if "Rows" in header or "Image Storage" in UID(sop_class).name:
        return Kind.MAMMOGRAM if modality == "MG" else Kind.OTHER_IMAGE
    return Kind.MAMMOGRAM if _is_damaged(sop_class, modality) else Kind.NO_IMAGE


def _is_damaged(sop_class: str, modality: str) -> bool:
    """Suspect what says no longer what it is: it is to be named in the report, not passed over."""
    return not UID(sop_class).is_valid or (modality == "MG" and UID(sop_class).name == sop_class)


def is_synthetic(header: Dataset) -> bool:
    """Tell a two-dimensional image that was computed from tomosynthesis (Image Type value 3, 4)."""
    return bool(_image_type(header) & _SYNTHETIC)


def is_for_presentation(header: Dataset) -> bool:
    """Tell images for display from raw ones, by SOP class or Presentation Intent Type."""
    intent = text(header, "PresentationIntentType").upper()
    if intent in ("FOR PRESENTATION", "FOR PROCESSING"):
        return intent == "FOR PRESENTATION"
    return text(header, "SOPClassUID") != DigitalMammographyXRayImageStorageForProcessing


def refuse_what_is_no_standard_view(header: Dataset, identity: ViewIdentity) -> None:
    """Pass a standard CC or MLO view of one known side.

    Raises
    ------
    ImageRefused
        With the reason why this image is none.
    """
    _refuse_by_technique(header)
    _refuse_by_view(header, identity)


def refuse_other_image(header: Dataset) -> None:
    """Say of an image that is no mammogram what it is.

    Raises
    ------
    ImageRefused
        Always: OWN_RESULT or NOT_MAMMOGRAPHY with its modality.
    """
    _refuse_own_result(header)
    modality = text(header, "Modality").upper()
    detail = f"modality {modality}" if re.fullmatch(r"[A-Z]{2,16}", modality) else ""
    raise ImageRefused(LeftOutReason.NOT_MAMMOGRAPHY, detail)


def _refuse_own_result(header: Dataset) -> None:
    makers = ("Manufacturer", "ManufacturerModelName", "SeriesDescription")
    if any(text(header, keyword).startswith(_OWN_NAME) for keyword in makers):
        raise ImageRefused(LeftOutReason.OWN_RESULT)


def _refuse_by_technique(header: Dataset) -> None:
    image_type = _image_type(header)
    if _is_tomosynthesis(header, image_type):
        raise ImageRefused(LeftOutReason.TOMOSYNTHESIS)
    if text(header, "QualityControlImage").upper() == "YES" or _is_phantom(header):
        raise ImageRefused(LeftOutReason.QUALITY_CONTROL)
    if items(header, "SpecimenDescriptionSequence") or "SPECIMEN" in image_type:
        raise ImageRefused(LeftOutReason.SPECIMEN)
    is_biopsy_type = any(term.startswith(_BIOPSY) for term in image_type)
    if is_biopsy_type or items(header, "BiopsyTargetSequence"):
        raise ImageRefused(LeftOutReason.STEREO_BIOPSY)
    if image_type & _NOT_ANATOMY:
        raise ImageRefused(LeftOutReason.SPECIAL_VIEW, "contrast subtraction")


def _refuse_by_view(header: Dataset, identity: ViewIdentity) -> None:
    if identity.view is ViewName.SPECIMEN:
        raise ImageRefused(LeftOutReason.SPECIMEN)
    magnification = number(header, "EstimatedRadiographicMagnificationFactor") or 1.0
    if magnification > _LARGEST_MAGNIFICATION:
        raise ImageRefused(LeftOutReason.MAGNIFICATION, f"factor {magnification:g}")
    for modifier in sorted(identity.modifiers - _STANDARD_MODIFIERS, key=_special_last):
        reason = REASON_OF_MODIFIER.get(modifier, LeftOutReason.SPECIAL_VIEW)
        raise ImageRefused(reason, modifier if reason is LeftOutReason.SPECIAL_VIEW else "")
    if identity.view is None:
        raise ImageRefused(LeftOutReason.VIEW_UNKNOWN, "no attribute names the view")
    if identity.view not in (ViewName.CC, ViewName.MLO):
        raise ImageRefused(LeftOutReason.SPECIAL_VIEW, identity.view)
    if identity.laterality is None:
        raise ImageRefused(LeftOutReason.LATERALITY_UNKNOWN, "no attribute names one side")


def _special_last(modifier: Modifier) -> tuple[bool, str]:
    return modifier not in REASON_OF_MODIFIER, modifier


def _is_tomosynthesis(header: Dataset, image_type: set[str]) -> bool:
    sop_class = text(header, "SOPClassUID")
    if sop_class in _TOMOSYNTHESIS_CLASSES or (whole_number(header, "NumberOfFrames") or 1) > 1:
        return True
    if any("TOMO" in term for term in image_type):
        return not image_type & _SYNTHETIC
    words = text(header, "SeriesDescription") + " " + text(header, "ProtocolName")
    return sop_class.startswith(_SECONDARY_CAPTURE) and "TOMOSYNTHESIS" in words.upper()


def _is_phantom(header: Dataset) -> bool:
    is_coded = any(value == _PHANTOM for value, _ in codes(header, "AnatomicRegionSequence"))
    return is_coded or text(header, "BodyPartExamined").upper() == "PHANTOM"


def _image_type(header: Dataset) -> set[str]:
    return {value.upper().replace(" ", "_") for value in texts(header, "ImageType")[2:]}

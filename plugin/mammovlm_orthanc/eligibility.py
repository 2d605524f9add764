# SPDX-License-Identifier: AGPL-3.0-or-later
"""Is this image one for us, and if so a candidate for which slot (dicom-and-field A.3, 1 and 2).

Three answers: None (no mammogram: reports, presentation states, other modalities; our own results
are among them, so they can never cause an analysis), `LeftOut` with its reason, or `Candidate`.
"""

import re

from mammovlm_orthanc.candidate import Candidate, LeftOut, LeftOutReason, Slot
from mammovlm_orthanc.dicom_tags import (
    Tags,
    codes,
    identifier,
    items,
    number,
    text,
    values,
    words,
)
from mammovlm_orthanc.view_codes import SPECIMEN, Modifier
from mammovlm_orthanc.view_reading import ViewReading, read_view

FOR_PRESENTATION = "1.2.840.10008.5.1.4.1.1.1.2"
FOR_PROCESSING = "1.2.840.10008.5.1.4.1.1.1.2.1"
TOMOSYNTHESIS = frozenset(
    {
        "1.2.840.10008.5.1.4.1.1.13.1.3",  # Breast Tomosynthesis
        "1.2.840.10008.5.1.4.1.1.13.1.4",  # Breast Projection X-Ray For Presentation
        "1.2.840.10008.5.1.4.1.1.13.1.5",  # Breast Projection X-Ray For Processing
    }
)
_MAMMOGRAPHY = TOMOSYNTHESIS | {FOR_PRESENTATION, FOR_PROCESSING}
_NO_IMAGES = (
    "1.2.840.10008.5.1.4.1.1.88.",  # structured reports, key objects
    "1.2.840.10008.5.1.4.1.1.11.",  # presentation states
    "1.2.840.10008.5.1.4.1.1.104.",  # encapsulated documents
    "1.2.840.10008.5.1.4.1.1.66",  # raw data, segmentations, registrations
    "1.2.840.10008.5.1.4.1.1.9.",  # waveforms
)
_SYNTHESIZED_WORDS = frozenset({"GENERATED_2D", "TOMO_2D"})
_NOT_ANATOMY = frozenset({"SUBTRACTION", "SUBTRACTED", "RECOMBINED", "HIGH_ENERGY"})
_PHANTOM = "113681"  # (113681, DCM, "Phantom")
_LARGEST_CONTACT_MAGNIFICATION = 1.1


def is_mammogram(modality: str, sop_class_uid: str) -> bool:
    """Say whether an object is a mammography image, however it is encoded.

    Parameters
    ----------
    modality
        (0008,0060) of the series. Scanned film is MG in Secondary Capture.
    sop_class_uid
        (0008,0016). A mammography SOP class counts with any modality.
    """
    if sop_class_uid in _MAMMOGRAPHY:
        return True
    return modality.strip().upper() == "MG" and not sop_class_uid.startswith(_NO_IMAGES)


def classify(tags: Tags, *, accept_synthesized_2d: bool = False) -> Candidate | LeftOut | None:
    """Decide what one image is for the intake; never raises, whatever the header holds.

    Parameters
    ----------
    tags
        The header as Orthanc gives it.
    accept_synthesized_2d
        Whether a 2D image made from tomosynthesis is a candidate.
    """
    sop_instance_uid = identifier(tags, "0008,0018")
    if not sop_instance_uid or not is_mammogram(text(tags, "0008,0060"), text(tags, "0008,0016")):
        return None
    reading = read_view(tags)
    reason, detail = _why_not_an_exam_image(tags, reading, accept_synthesized_2d) or (
        _why_no_slot(reading) or (None, "")
    )
    if reason:
        return LeftOut(sop_instance_uid, reason, detail)
    return _candidate(tags, sop_instance_uid, reading)


_Why = tuple[LeftOutReason, str]


def _why_not_an_exam_image(
    tags: Tags, reading: ViewReading, accept_synthesized_2d: bool
) -> _Why | None:
    is_synthesized_unasked = _is_synthesized(tags) and not accept_synthesized_2d
    tests: tuple[tuple[bool, _Why], ...] = (
        (_is_quality_control(tags), (LeftOutReason.QUALITY_CONTROL, "QualityControlImage")),
        (_is_specimen(tags, reading), (LeftOutReason.SPECIMEN, "")),
        (_is_stereo_biopsy(tags), (LeftOutReason.STEREO_BIOPSY, "ImageType")),
        (_is_tomosynthesis(tags) or is_synthesized_unasked, (LeftOutReason.TOMOSYNTHESIS, "")),
        (_is_subtraction(tags), (LeftOutReason.SPECIAL_VIEW, "contrast")),
        (_is_magnified(tags, reading), (LeftOutReason.MAGNIFICATION, reading.view)),
        (Modifier.SPOT in reading.modifiers, (LeftOutReason.SPOT_COMPRESSION, reading.view)),
    )
    return next((why for applies, why in tests if applies), None)


def _why_no_slot(reading: ViewReading) -> _Why | None:
    if not reading.view:
        return LeftOutReason.VIEW_UNKNOWN, "ViewPosition"
    if reading.view not in {"CC", "MLO"} or Modifier.SPECIAL in reading.modifiers:
        return LeftOutReason.SPECIAL_VIEW, reading.view
    if not reading.laterality:
        return LeftOutReason.LATERALITY_UNKNOWN, "ImageLaterality"
    return None


def _is_quality_control(tags: Tags) -> bool:
    regions = [value for value, _ in codes(tags, "0008,2218")]
    return (
        text(tags, "0028,0300") == "YES"  # Quality Control Image
        or text(tags, "0018,0015") == "PHANTOM"  # Body Part Examined
        or _PHANTOM in regions
    )


def _is_specimen(tags: Tags, reading: ViewReading) -> bool:
    in_image_type = "SPECIMEN" in _image_type(tags)
    return reading.view == SPECIMEN or in_image_type or bool(items(tags, "0040,0560"))


def _image_type(tags: Tags) -> tuple[str, ...]:
    """Give what follows the two general values of Image Type (PS3.3 C.8.11.7.1.4)."""
    return tuple(value.replace(" ", "_") for value in values(tags, "0008,0008")[2:])


def _is_stereo_biopsy(tags: Tags) -> bool:
    # Image Type value 3 of stereotactic images, PS3.3 table C.8-74a; Biopsy Target Sequence.
    needle = ("STEREO", "PREFIRE", "POSTFIRE")
    return any(value.startswith(needle) for value in _image_type(tags)) or bool(
        items(tags, "0018,2041")
    )


def _is_tomosynthesis(tags: Tags) -> bool:
    if text(tags, "0008,0016") in TOMOSYNTHESIS or (number(tags, "0028,0008") or 1) > 1:
        return True
    if any("TOMO" in value for value in _image_type(tags)):
        return not _is_synthesized(tags)
    # Slices that some units wrap into Secondary Capture say so in words only.
    is_secondary_capture = text(tags, "0008,0016").startswith("1.2.840.10008.5.1.4.1.1.7")
    return is_secondary_capture and "TOMOSYNTHESIS" in words(tags, "0008,103e", "0018,1030")


def _is_subtraction(tags: Tags) -> bool:
    return bool(_NOT_ANATOMY & set(_image_type(tags)))  # contrast mammography


def _is_synthesized(tags: Tags) -> bool:
    return bool(_SYNTHESIZED_WORDS & set(_image_type(tags)))


def _is_magnified(tags: Tags, reading: ViewReading) -> bool:
    factor = number(tags, "0018,1114")  # Estimated Radiographic Magnification Factor
    return Modifier.MAGNIFICATION in reading.modifiers or (
        factor is not None and factor > _LARGEST_CONTACT_MAGNIFICATION
    )


def _candidate(tags: Tags, sop_instance_uid: str, reading: ViewReading) -> Candidate:
    return Candidate(
        series_instance_uid=identifier(tags, "0020,000e"),
        sop_instance_uid=sop_instance_uid,
        slot=Slot(reading.laterality + reading.view),
        for_presentation=_is_for_presentation(tags),
        synthesized=_is_synthesized(tags),
        implant_displaced=Modifier.IMPLANT_DISPLACED in reading.modifiers,
        plain=Modifier.NIPPLE_IN_PROFILE not in reading.modifiers,
        tile=_tile(tags),
        acquired=_acquired(tags),
    )


def _is_for_presentation(tags: Tags) -> bool:
    intent = text(tags, "0008,0068")
    if intent in {"FOR PRESENTATION", "FOR PROCESSING"}:
        return intent == "FOR PRESENTATION"
    return text(tags, "0008,0016") != FOR_PROCESSING


def _tile(tags: Tags) -> str | None:
    if text(tags, "0028,1350") != "YES":  # Partial View
        return None
    coded = sorted(value for value, _ in codes(tags, "0028,1352"))
    return " ".join(coded) or text(tags, "0028,1351")


def _acquired(tags: Tags) -> str:
    """Give acquisition date and time, else content date and time, as digits that sort."""
    written = (
        text(tags, "0008,002a"),
        text(tags, "0008,0022") + text(tags, "0008,0032"),
        text(tags, "0008,0023") + text(tags, "0008,0033"),
    )
    for value in written:
        match = re.match(r"(\d{8})(\d{0,6})(\.\d{1,6})?", value.replace(":", ""), re.ASCII)
        if match:
            return f"{match[1]}{match[2]:0<6}{match[3] or ''}"
    return ""

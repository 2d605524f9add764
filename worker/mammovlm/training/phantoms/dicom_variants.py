"""What else hospitals send: raw twins, MONOCHROME1, implants, spot and magnification views."""

from dataclasses import replace

import numpy as np
from pydicom import Dataset
from pydicom.sr.coding import Code
from pydicom.uid import DigitalMammographyXRayImageStorageForProcessing

from mammovlm.study import HANGING_ORDER, Laterality, Slot
from mammovlm.training.phantoms.dicom_objects import (
    BITS,
    code_item,
    exam_key,
    mammography_object,
    set_pixels,
    set_stored,
    set_view,
    uid_of,
)
from mammovlm.training.phantoms.noise import Field, enlarge, smooth_step
from mammovlm.training.phantoms.truth import LesionMark, PhantomExam

IMPLANT_DISPLACED = Code("399209000", "SCT", "Implant Displaced")
SPOT_COMPRESSION = Code("399055006", "SCT", "Spot Compression")
MAGNIFICATION = Code("399163009", "SCT", "Magnification")
"""PS3.16 CID 4015."""
PROCESSING_SOURCE = Code("121322", "DCM", "Source image for image processing operation")
RAW_BITS = 14
MAGNIFIED = 1.8
"""Usual radiographic magnification."""


def inverted(dataset: Dataset) -> None:
    """Turn an object into MONOCHROME1, in place; it looks the same on a conforming viewer."""
    stored = dataset.pixel_array
    dataset.PixelData = (2**BITS - 1 - stored).astype("<u2").tobytes()
    dataset.PhotometricInterpretation, dataset.PresentationLUTShape = "MONOCHROME1", "INVERSE"
    dataset.PixelIntensityRelationshipSign = 1


def processing_twin(exam: PhantomExam, shown: Dataset, slot: Slot) -> Dataset:
    """Make the For Processing image that a For Presentation one came from, and link them.

    Parameters
    ----------
    exam
        Whose view.
    shown
        The For Presentation object; gets a Source Image Sequence.
    slot
        Which view.

    Returns
    -------
    Dataset
        Grey levels proportional to X-ray exposure, in a series of its own.
    """
    raw = mammography_object(exam, slot, "processing", int(shown.InstanceNumber))
    raw.SOPClassUID = DigitalMammographyXRayImageStorageForProcessing
    raw.file_meta.MediaStorageSOPClassUID = raw.SOPClassUID
    raw.PresentationIntentType, raw.SeriesNumber = "FOR PROCESSING", 2
    raw.SeriesInstanceUID = uid_of(exam_key(exam), "series", "processing")
    exposure = np.exp(-4.0 * exam.views[slot].pixels) * (2**RAW_BITS - 1)
    set_stored(raw, np.round(exposure).astype(np.uint16), RAW_BITS)
    raw.PhotometricInterpretation, raw.PresentationLUTShape = "MONOCHROME1", "INVERSE"
    raw.PixelIntensityRelationship, raw.PixelIntensityRelationshipSign = "LIN", 1
    del raw.WindowCenter, raw.WindowWidth
    source = Dataset()
    source.ReferencedSOPClassUID = raw.SOPClassUID
    source.ReferencedSOPInstanceUID = raw.SOPInstanceUID
    source.SpatialLocationsPreserved = "YES"
    source.PurposeOfReferenceCodeSequence = [code_item(PROCESSING_SOURCE)]
    shown.SourceImageSequence = [source]
    return raw


def implant_in_view(shown: Dataset, exam: PhantomExam, slot: Slot) -> None:
    """Draw an implant at the chest wall, in place; it hides what lies behind it."""
    view = exam.views[slot]
    set_pixels(shown, _with_implant(view.pixels, slot), view.spacing_mm)
    shown.BreastImplantPresent = "YES"


def implant_displaced(exam: PhantomExam, slot: Slot, number: int) -> Dataset:
    """Make the view in which the implant was pushed back (Eklund): the breast alone."""
    shown = mammography_object(exam, slot, "implant displaced", number)
    set_view(shown, slot, [IMPLANT_DISPLACED])
    shown.BreastImplantPresent = "YES"
    shown.SeriesInstanceUID = uid_of(exam_key(exam), "series", "presentation")
    return shown


def _with_implant(pixels: Field, slot: Slot) -> Field:
    rows, columns = pixels.shape
    y = (np.arange(rows, dtype=np.float32)[:, None] / rows - 0.55) / 0.24
    x = np.arange(columns, dtype=np.float32)[None] / columns / 0.3
    inside = smooth_step(1 - np.hypot(y, x), -0.02, 0.06)
    if slot.laterality is Laterality.RIGHT:
        inside = inside[:, ::-1]
    body = np.where(pixels > 0.05, 1.0, 0.0)
    return np.asarray(np.maximum(pixels, 0.97 * inside * body), dtype=np.float32)


def additional_views(exam: PhantomExam, first_number: int) -> list[Dataset]:
    """Make a spot compression and a magnification view of the most suspicious lesion in view.

    Returns
    -------
    list of Dataset
        Empty where the exam has no lesion.
    """
    found = _most_suspicious(exam)
    if found is None:
        return []
    slot, mark = found
    views = []
    for step, (modifiers, factor) in enumerate(
        (([SPOT_COMPRESSION], 1.0), ([SPOT_COMPRESSION, MAGNIFICATION], MAGNIFIED))
    ):
        role = modifiers[-1].meaning.lower()
        shown = mammography_object(exam, slot, role, first_number + step)
        set_view(shown, slot, modifiers)
        view = exam.views[slot]
        set_pixels(shown, _around(view.pixels, mark, factor), view.spacing_mm)
        shown.EstimatedRadiographicMagnificationFactor = factor
        shown.PartialView = "YES"
        shown.SeriesInstanceUID = uid_of(exam_key(exam), "series", "additional")
        shown.SeriesNumber = 3
        views.append(shown)
    return views


def _most_suspicious(exam: PhantomExam) -> tuple[Slot, LesionMark] | None:
    seen = [
        (exam.breast(slot.laterality).lesions[mark.lesion].assessment, slot, mark)
        for slot in HANGING_ORDER
        for mark in exam.views[slot].marks
    ]
    if not seen:
        return None
    _, slot, mark = max(seen, key=lambda entry: entry[0])
    return slot, replace(mark)


def _around(pixels: Field, mark: LesionMark, factor: float) -> Field:
    """Cut a square around a lesion and magnify it."""
    half = int(max(2.5 * mark.radius, min(pixels.shape) / 8))
    top = int(np.clip(mark.row - half, 0, pixels.shape[0] - 2 * half))
    left = int(np.clip(mark.column - half, 0, pixels.shape[1] - 2 * half))
    patch = pixels[max(top, 0) : top + 2 * half, max(left, 0) : left + 2 * half]
    return enlarge(patch, (round(patch.shape[0] * factor), round(patch.shape[1] * factor)))

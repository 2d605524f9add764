"""From stored objects to a study: open, identify, select, decode, and say what was left out."""

import os
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from pydicom.uid import UID

from mammovlm.errors import RejectionReason, StudyRejected
from mammovlm.imaging.acquisition import acquisition_words, spacing_mm
from mammovlm.imaging.attributes import text
from mammovlm.imaging.breast import breast_box
from mammovlm.imaging.decoding import decode_pixels, is_native
from mammovlm.imaging.eligibility import (
    Kind,
    kind_of,
    refuse_other_image,
    refuse_what_is_no_standard_view,
)
from mammovlm.imaging.grayscale import to_grayscale
from mammovlm.imaging.limits import ReadingLimits
from mammovlm.imaging.opening import OpenedObject, open_object
from mammovlm.imaging.pixel_layout import PixelLayout
from mammovlm.imaging.quiet import pydicom_kept_quiet
from mammovlm.imaging.refusal import ImageRefused
from mammovlm.imaging.selection import Candidate, choose
from mammovlm.imaging.view_identity import identify_view
from mammovlm.job import StoredInstance
from mammovlm.study import (
    HANGING_ORDER,
    LeftOut,
    LeftOutReason,
    Slot,
    SourceImage,
    Study,
    View,
    ViewPosition,
)

_REQUIRED = ("SOPClassUID", "SOPInstanceUID", "SeriesInstanceUID", "StudyInstanceUID")
_MOST_THREADS = 4  # each holds one decoded image; there are four slots


def read_study(
    study_instance_uid: str,
    instances: Sequence[StoredInstance],
    left_out: Sequence[LeftOut],
    limits: ReadingLimits,
) -> Study:
    """Read the standard views of one study.

    An image that cannot be used is left out with its reason and the others go on; where the best
    image of a slot cannot be read, the next best stands for it. The order of the instances does
    not matter.

    Parameters
    ----------
    study_instance_uid
        (0020,000D); an image of another study is left out.
    instances
        What the archive holds of it. Objects that are no images are passed over.
    left_out
        What the intake left out already.
    limits
        Sizes above which an image is refused.

    Raises
    ------
    StudyRejected
        NO_MAMMOGRAM, NO_STANDARD_VIEW, NO_READABLE_VIEW or SEVERAL_PATIENTS.
    """
    refused = list(left_out)
    with pydicom_kept_quiet():
        mammograms = _mammograms(study_instance_uid, instances, refused, limits)
        _refuse_several_patients(mammograms)
        candidates = _candidates(mammograms, refused)
        views = _views(candidates, refused, limits)
    if not views:
        _reject(bool(mammograms), bool(candidates), refused)
    return Study(study_instance_uid, tuple(views), tuple(_in_order(refused, views)))


def _mammograms(
    study_instance_uid: str,
    instances: Sequence[StoredInstance],
    refused: list[LeftOut],
    limits: ReadingLimits,
) -> list[OpenedObject]:
    """Open every instance and keep the mammograms, each once."""
    found: dict[str, OpenedObject] = {}
    for stored in sorted(instances, key=lambda each: each.name):
        try:
            opened = open_object(stored, limits)
            if _is_mammogram_of(opened, study_instance_uid):
                found.setdefault(opened.sop_instance_uid, opened)
        except ImageRefused as error:
            refused.append(error.left_out(stored.name))
    return [found[uid] for uid in sorted(found)]


def _is_mammogram_of(opened: OpenedObject, study_instance_uid: str) -> bool:
    kind = kind_of(opened.header)
    if kind is Kind.NO_IMAGE:
        return False
    if kind is Kind.OTHER_IMAGE:
        refuse_other_image(opened.header)
    for keyword in _REQUIRED:
        if not UID(text(opened.header, keyword)).is_valid:
            raise ImageRefused(LeftOutReason.ATTRIBUTE_MISSING, keyword)
    if text(opened.header, "StudyInstanceUID") != study_instance_uid:
        raise ImageRefused(LeftOutReason.ATTRIBUTE_MISSING, "StudyInstanceUID of this study")
    return True


def _refuse_several_patients(mammograms: Iterable[OpenedObject]) -> None:
    """Compare Patient ID and its issuer where they are written; empty ones contradict nothing."""
    headers = [opened.header for opened in mammograms]
    patients = {text(header, "PatientID") for header in headers} - {""}
    issuers = {text(header, "IssuerOfPatientID") for header in headers} - {""}
    if len(patients) > 1 or len(issuers) > 1:
        raise StudyRejected(
            RejectionReason.SEVERAL_PATIENTS,
            f"{len(patients)} PatientID, {len(issuers)} IssuerOfPatientID",
        )


def _candidates(mammograms: Iterable[OpenedObject], refused: list[LeftOut]) -> list[Candidate]:
    found = []
    for opened in mammograms:
        identity = identify_view(opened.header)
        try:
            refuse_what_is_no_standard_view(opened.header, identity)
        except ImageRefused as error:
            refused.append(error.left_out(opened.sop_instance_uid))
            continue
        if identity.view is not None and identity.laterality is not None:
            slot = Slot(identity.laterality, ViewPosition(identity.view.value))
            found.append(Candidate.of(opened, slot, identity))
    return found


def _views(
    candidates: Sequence[Candidate], refused: list[LeftOut], limits: ReadingLimits
) -> list[View]:
    """Fill the slots side by side: the decoders let other threads run."""
    by_slot = [[each for each in candidates if each.slot == slot] for slot in HANGING_ORDER]
    threads = min(_MOST_THREADS, os.cpu_count() or 1)
    with ThreadPoolExecutor(threads, thread_name_prefix="decode") as pool:
        filled = list(pool.map(partial(_fill_slot, limits=limits), by_slot))
    for _, slot_refused in filled:
        refused.extend(slot_refused)
    return [view for views, _ in filled for view in views]


def _fill_slot(
    candidates: Sequence[Candidate], limits: ReadingLimits
) -> tuple[list[View], list[LeftOut]]:
    """Read the best of the candidates; where none of them can be read, the next best."""
    remaining, refused = list(candidates), list[LeftOut]()
    while remaining:
        choice = choose(remaining)
        views = []
        for candidate in choice.chosen:
            try:
                views.append(_read_view(candidate, limits))
            except ImageRefused as error:
                refused.append(error.left_out(candidate.opened.sop_instance_uid))
        if views:
            refused += [candidate.left_out(reason) for candidate, reason in choice.passed_over]
            return views, refused
        remaining = [candidate for candidate, _ in choice.passed_over]
    return [], refused


def _read_view(candidate: Candidate, limits: ReadingLimits) -> View:
    """Decode one image and find the breast in it."""
    opened, header = candidate.opened, candidate.opened.header
    layout = PixelLayout.of(header, limits)
    cells = decode_pixels(opened, layout, limits)
    pixels = to_grayscale(
        cells,
        layout.in_grey(),
        header,
        is_native=is_native(opened.transfer_syntax),
        for_presentation=candidate.for_presentation,
    )
    box = breast_box(pixels)
    if box is None:
        raise ImageRefused(LeftOutReason.NO_BREAST_FOUND)
    return View(
        slot=candidate.slot,
        pixels=pixels,
        spacing_mm=spacing_mm(header),
        breast=box,
        source=_source(candidate, layout),
        metadata=acquisition_words(header, candidate.slot),
    )


def _source(candidate: Candidate, layout: PixelLayout) -> SourceImage:
    header = candidate.opened.header
    return SourceImage(
        sop_class_uid=text(header, "SOPClassUID"),
        sop_instance_uid=text(header, "SOPInstanceUID"),
        series_instance_uid=text(header, "SeriesInstanceUID"),
        rows=layout.rows,
        columns=layout.columns,
        for_presentation=candidate.for_presentation,
        header=header,
    )


def _reject(has_mammogram: bool, has_standard_view: bool, refused: Sequence[LeftOut]) -> None:
    reasons = ", ".join(sorted({str(image.reason) for image in refused}))
    unreadable = {LeftOutReason.SIZE_REFUSED, LeftOutReason.ATTRIBUTE_MISSING}
    if has_standard_view or unreadable & {image.reason for image in refused}:
        raise StudyRejected(RejectionReason.NO_READABLE_VIEW, reasons)
    if has_mammogram:
        raise StudyRejected(RejectionReason.NO_STANDARD_VIEW, reasons)
    raise StudyRejected(RejectionReason.NO_MAMMOGRAM, reasons)


def _in_order(refused: Iterable[LeftOut], views: Iterable[View]) -> list[LeftOut]:
    """Sort what was left out, each image once, and none that was read after all."""
    read = {view.source.sop_instance_uid for view in views}
    kept = {
        (image.sop_instance_uid, image.reason, image.detail): image
        for image in refused
        if image.sop_instance_uid not in read
    }
    return [kept[key] for key in sorted(kept)]

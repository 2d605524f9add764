"""Writes a phantom exam as DICOM files, with the variants that hospitals send."""

from dataclasses import dataclass
from pathlib import Path

from pydicom import Dataset
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLSLossless,
    RLELossless,
)

from mammovlm.study import HANGING_ORDER
from mammovlm.training.phantoms.dicom_objects import exam_key, mammography_object, uid_of
from mammovlm.training.phantoms.dicom_tomosynthesis import tomosynthesis_object
from mammovlm.training.phantoms.dicom_variants import (
    additional_views,
    implant_displaced,
    implant_in_view,
    inverted,
    processing_twin,
)
from mammovlm.training.phantoms.truth import PhantomExam

PLAIN = (ExplicitVRLittleEndian, ImplicitVRLittleEndian, DeflatedExplicitVRLittleEndian)
COMPRESSED = (JPEGLSLossless, JPEG2000Lossless, RLELossless)


@dataclass(frozen=True)
class WritingOptions:
    """What to write besides the four For Presentation images.

    Parameters
    ----------
    processing_twins
        A For Processing image with each one.
    monochrome1
        Store For Presentation images as MONOCHROME1.
    implants
        Implants in both breasts: each view once with, once without the implant.
    additional_views
        A spot compression and a magnification view of the most suspicious lesion.
    tomosynthesis
        A small tomosynthesis object of the left MLO view.
    transfer_syntax
        One of `PLAIN` or `COMPRESSED`; all are lossless.
    """

    processing_twins: bool = False
    monochrome1: bool = False
    implants: bool = False
    additional_views: bool = False
    tomosynthesis: bool = False
    transfer_syntax: UID = ExplicitVRLittleEndian


def exam_objects(exam: PhantomExam, options: WritingOptions | None = None) -> tuple[Dataset, ...]:
    """Make all DICOM objects of an exam, uncompressed.

    Parameters
    ----------
    exam
        From `phantom_exam`.
    options
        Variants; the four For Presentation images alone where None.
    """
    options = options or WritingOptions()
    shown = [
        mammography_object(exam, slot, "presentation", number)
        for number, slot in enumerate(HANGING_ORDER, start=1)
    ]
    objects = list(shown)
    pairs = list(zip(HANGING_ORDER, shown, strict=True))
    if options.processing_twins:
        objects += [processing_twin(exam, dataset, slot) for slot, dataset in pairs]
    if options.implants:
        for slot, dataset in pairs:
            implant_in_view(dataset, exam, slot)
            objects.append(implant_displaced(exam, slot, len(objects) + 1))
    if options.additional_views:
        objects += additional_views(exam, len(objects) + 1)
    if options.monochrome1:
        for dataset in objects:
            if dataset.PresentationIntentType == "FOR PRESENTATION":
                inverted(dataset)
    if options.tomosynthesis:
        objects.append(tomosynthesis_object(exam, HANGING_ORDER[3]))
    return tuple(_named_by(dataset, exam, options) for dataset in objects)


def _named_by(dataset: Dataset, exam: PhantomExam, options: WritingOptions) -> Dataset:
    """Give objects with other pixels another identity than the plain exam's."""
    if options.monochrome1 or options.implants:
        variant = f"{options.monochrome1} {options.implants}"
        key = exam_key(exam)
        dataset.StudyInstanceUID = uid_of(key, "study", variant)
        dataset.SeriesInstanceUID = uid_of(dataset.SeriesInstanceUID, variant)
        dataset.SOPInstanceUID = uid_of(dataset.SOPInstanceUID, variant)
        dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
        for source in dataset.get("SourceImageSequence", []):
            source.ReferencedSOPInstanceUID = uid_of(source.ReferencedSOPInstanceUID, variant)
    return dataset


def write_exam(
    exam: PhantomExam, folder: Path, options: WritingOptions | None = None
) -> list[Path]:
    """Write an exam as DICOM files, named after their SOP Instance UIDs.

    Parameters
    ----------
    exam
        From `phantom_exam`.
    folder
        Made where it is missing.
    options
        Variants; the four For Presentation images alone where None.

    Raises
    ------
    ValueError
        Where the transfer syntax is none of `PLAIN` or `COMPRESSED`.
    """
    options = options or WritingOptions()
    if options.transfer_syntax not in PLAIN + COMPRESSED:
        msg = f"phantoms are not written in transfer syntax {options.transfer_syntax.name}"
        raise ValueError(msg)
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for dataset in exam_objects(exam, options):
        if options.transfer_syntax in COMPRESSED:
            dataset.compress(options.transfer_syntax, generate_instance_uid=False)
        else:
            dataset.file_meta.TransferSyntaxUID = options.transfer_syntax
        path = folder / f"{dataset.SOPInstanceUID}.dcm"
        dataset.save_as(path, enforce_file_format=True)
        paths.append(path)
    return paths

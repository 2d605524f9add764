"""Seeded simulated mammograms: four consistent views of one imagined woman, with her truth."""

from mammovlm.training.phantoms.case import CaseMix, draw_lesion
from mammovlm.training.phantoms.dicom_files import WritingOptions, exam_objects, write_exam
from mammovlm.training.phantoms.exam import phantom_exam, phantom_truths
from mammovlm.training.phantoms.truth import (
    Biopsy,
    BreastPoint,
    BreastTruth,
    Lesion,
    LesionKind,
    LesionMark,
    Patient,
    PhantomExam,
    PhantomView,
)

__all__ = [
    "Biopsy",
    "BreastPoint",
    "BreastTruth",
    "CaseMix",
    "Lesion",
    "LesionKind",
    "LesionMark",
    "Patient",
    "PhantomExam",
    "PhantomView",
    "WritingOptions",
    "draw_lesion",
    "exam_objects",
    "phantom_exam",
    "phantom_truths",
    "write_exam",
]

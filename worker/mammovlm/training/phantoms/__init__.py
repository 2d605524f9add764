"""Seeded simulated mammograms: four consistent views of one imagined woman, with her truth."""

from mammovlm.training.phantoms.case import CaseMix, draw_lesion
from mammovlm.training.phantoms.exam import phantom_exam
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
    "draw_lesion",
    "phantom_exam",
]

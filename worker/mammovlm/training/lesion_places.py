"""Where lesions lie in the stored images of an exam whose truth is known."""

from collections.abc import Mapping
from dataclasses import dataclass

from mammovlm.study import Slot
from mammovlm.training.phantoms import LesionMark, PhantomExam


@dataclass(frozen=True)
class LesionPlace:
    """A circle around a lesion in one stored image.

    Parameters
    ----------
    row, column
        Of its middle, in pixels of the stored image; 0, 0 is the upper left corner of its first
        pixel, as in PS3.3 C.18.6.1.2.
    radius
        In the same pixels.
    kind
        In the words of BI-RADS.
    assessment
        The lesion's own BI-RADS category, 2..5.
    """

    row: float
    column: float
    radius: float
    kind: str
    assessment: int


LesionPlaces = Mapping[Slot, tuple[LesionPlace, ...]]


def phantom_places(exam: PhantomExam) -> LesionPlaces:
    """Tell where a phantom's lesions lie, view by view, most suspicious first.

    The pixels of a phantom are stored as they were drawn
    (`mammovlm.training.phantoms.dicom_objects.set_pixels`); only the count starts elsewhere: a
    mark's from the middle of the first pixel.
    """
    return {
        slot: tuple(_place(exam, slot, mark) for mark in sorted(view.marks, key=_rank))
        for slot, view in exam.views.items()
    }


def _rank(mark: LesionMark) -> int:
    """Give the place among the breast's lesions, which are most suspicious first."""
    return mark.lesion


def _place(exam: PhantomExam, slot: Slot, mark: LesionMark) -> LesionPlace:
    lesion = exam.breast(slot.laterality).lesions[mark.lesion]
    row, column = mark.row + 0.5, mark.column + 0.5
    return LesionPlace(row, column, mark.radius, str(lesion.kind), lesion.assessment)

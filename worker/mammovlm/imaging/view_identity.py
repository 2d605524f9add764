"""Which view of which breast an image shows, whatever attribute says so.

Order of trust: coded view, View Position, Patient Orientation, free words for the view; Image
Laterality, Frame Laterality, Laterality, coded anatomy, View Position, Patient Orientation, free
words for the side. Where two contradict each other the earlier holds (PS3.3 C.8.11.5, C.7.6.1.1.1).
"""

from collections.abc import Iterator
from dataclasses import dataclass

from pydicom import Dataset

from mammovlm.imaging.attributes import codes, items, text, texts
from mammovlm.imaging.free_words import ViewWords, read_words
from mammovlm.imaging.view_words import (
    MODIFIER_OF_CODE,
    SIDE_OF_CODE,
    VIEW_OF_CODE,
    Modifier,
    ViewName,
)
from mammovlm.study import Laterality

_FREE_TEXTS = (
    "SeriesDescription",
    "ProtocolName",
    "AcquisitionDeviceProcessingDescription",
    "PerformedProcedureStepDescription",
    "ImageComments",
)
_PADDLE = "PaddleDescription"
_SIDE_TERMS = {
    "R": Laterality.RIGHT,
    "RIGHT": Laterality.RIGHT,
    "L": Laterality.LEFT,
    "LEFT": Laterality.LEFT,
}


@dataclass(frozen=True)
class ViewIdentity:
    """What an image shows.

    Parameters
    ----------
    view
        None where nothing names it.
    laterality
        None where nothing names one side.
    modifiers
        Of the view.
    """

    view: ViewName | None
    laterality: Laterality | None
    modifiers: frozenset[Modifier]


def identify_view(header: Dataset) -> ViewIdentity:
    """Find out which view of which breast an image shows."""
    return ViewIdentity(
        view=next(_views(header), None),
        laterality=_laterality(header),
        modifiers=frozenset(_modifiers(header)),
    )


def _views(header: Dataset) -> Iterator[ViewName]:
    """Give every view that the header names, the most trustworthy first."""
    for value, meaning in codes(header, "ViewCodeSequence"):
        if value in VIEW_OF_CODE:
            yield VIEW_OF_CODE[value]
        elif (named := read_words(meaning).view) is not None:
            yield named
    orientation = texts(header, "PatientOrientation")
    for words in (_view_position(header), read_words(" ".join(orientation))):
        if words.view is not None:
            yield words.view
    if (shown := _view_of_orientation(orientation)) is not None:
        yield shown
    yield from (words.view for words in _free_words(header) if words.view is not None)


def _laterality(header: Dataset) -> Laterality | None:
    if _says_both(header):
        return None
    return next(_sides(header), None)


def _sides(header: Dataset) -> Iterator[Laterality]:
    """Give every side that the header names, the most trustworthy first."""
    for term in _laterality_terms(header):
        if term in _SIDE_TERMS:
            yield _SIDE_TERMS[term]
    for value in _anatomy_codes(header):
        if value in SIDE_OF_CODE:
            yield SIDE_OF_CODE[value]
    if (named := _view_position(header).laterality) is not None:
        yield named
    if (shown := _side_of_orientation(texts(header, "PatientOrientation"))) is not None:
        yield shown
    yield from (words.laterality for words in _free_words(header) if words.laterality is not None)


def _says_both(header: Dataset) -> bool:
    """Tell whether the first laterality there is says both breasts (a mosaic of two, a phantom)."""
    return next((term in ("B", "BOTH") for term in _laterality_terms(header) if term), False)


def _laterality_terms(header: Dataset) -> Iterator[str]:
    yield text(header, "ImageLaterality").upper()
    yield text(header, "FrameLaterality").upper()
    for groups in items(header, "SharedFunctionalGroupsSequence"):
        for anatomy in items(groups, "FrameAnatomySequence"):
            yield text(anatomy, "FrameLaterality").upper()
    yield text(header, "Laterality").upper()


def _anatomy_codes(header: Dataset) -> Iterator[str]:
    for region in items(header, "AnatomicRegionSequence"):
        yield text(region, "CodeValue")
        yield from (value for value, _ in codes(region, "AnatomicRegionModifierSequence"))


def _modifiers(header: Dataset) -> Iterator[Modifier]:
    for view in (header, *items(header, "ViewCodeSequence")):
        for value, meaning in codes(view, "ViewModifierCodeSequence"):
            if value in MODIFIER_OF_CODE:
                yield MODIFIER_OF_CODE[value]
            else:
                yield from read_words(meaning).modifiers
    for words in (_view_position(header), read_words(text(header, _PADDLE)), *_free_words(header)):
        yield from words.modifiers


def _view_position(header: Dataset) -> ViewWords:
    return read_words(text(header, "ViewPosition"), is_term=True)


def _free_words(header: Dataset) -> Iterator[ViewWords]:
    return (read_words(text(header, keyword)) for keyword in _FREE_TEXTS)


def _view_of_orientation(orientation: tuple[str, ...]) -> ViewName | None:
    """Read the view from the direction of a column (PS3.3 C.7.6.1.1.1).

    A column of a CC image runs purely to the left or right of the patient, one of an MLO image
    obliquely (foot and left, head and right, ...). Purely to the foot may be ML, LM or a careless
    MLO and says nothing.
    """
    direction = _directions(orientation)[1]
    if direction in ({"L"}, {"R"}):
        return ViewName.CC
    if len(direction) == 2 and direction & {"H", "F"} and direction & {"L", "R"}:
        return ViewName.MLO
    return None


def _side_of_orientation(orientation: tuple[str, ...]) -> Laterality | None:
    """Read the side from Patient Orientation.

    An oblique column runs between the upper outer and the lower inner part of the breast: foot and
    left (or head and right) is the right breast. A CC image tells its side only if it hangs as
    IHE's Mammography Image profile has it, outer part up and chest wall to the middle: then rows
    run to posterior and columns to the left for the right breast.
    """
    row, column = _directions(orientation)
    if column in ({"F", "L"}, {"H", "R"}):
        return Laterality.RIGHT
    if column in ({"F", "R"}, {"H", "L"}):
        return Laterality.LEFT
    if row == {"P"} and column == {"L"}:
        return Laterality.RIGHT
    if row == {"A"} and column == {"R"}:
        return Laterality.LEFT
    return None


def _directions(orientation: tuple[str, ...]) -> tuple[set[str], set[str]]:
    if len(orientation) != 2 or set("".join(orientation).upper()) - set("APRLHF"):
        return set(), set()
    return set(orientation[0].upper()), set(orientation[1].upper())

# SPDX-License-Identifier: AGPL-3.0-or-later
"""Which view and side a header tells, from the surest attribute to the last resort.

View: View Code Sequence (0054,0220), View Position (0018,5101), Patient Orientation (0020,0020),
descriptions. Side: Image Laterality (0020,0062), Frame Laterality (0020,9072), Laterality
(0020,0060), anatomic region codes, View Position, Patient Orientation, descriptions.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from mammovlm_orthanc import orientation
from mammovlm_orthanc.dicom_tags import Tags, codes, items, text, values, words
from mammovlm_orthanc.view_codes import (
    LEFT_CODES,
    MODIFIER_BY_CODE,
    RIGHT_CODES,
    VIEW_BY_CODE,
    VIEW_BY_MEANING,
    Modifier,
)
from mammovlm_orthanc.view_text import ViewText, view_from_sentence, view_from_term

_VIEW_CODE_SEQUENCE = "0054,0220"
_VIEW_MODIFIER_CODE_SEQUENCE = "0054,0222"
_VIEW_POSITION = "0018,5101"
_PATIENT_ORIENTATION = "0020,0020"
_DESCRIPTIONS = ("0008,103e", "0018,1030", "0018,1400", "0040,0254", "0020,4000")
"""Series Description, Protocol Name, Acquisition Device Processing Description, Performed Procedure
Step Description, Image Comments."""
_PADDLE_DESCRIPTION = "0018,11a4"

_SPOT_WORDS = frozenset({"SPOT", "SPOTMAG"})
_MAGNIFICATION_WORDS = frozenset({"MAG", "MAGN", "MAGNIFICATION", "MAGNIFIED", "SPOTMAG"})


@dataclass(frozen=True)
class ViewReading:
    """What the header says about view and side.

    Parameters
    ----------
    view
        "CC", "MLO", another view's abbreviation, or "" where nothing tells.
    laterality
        "R", "L" or "" where nothing tells, or where it says both.
    modifiers
        All modifiers that any attribute names.
    """

    view: str
    laterality: str
    modifiers: frozenset[Modifier]


def read_view(tags: Tags) -> ViewReading:
    """Read view, side and modifiers; never fails, whatever the header holds."""
    texts = tuple(_views_in_text(tags))
    return ViewReading(
        view=_view(tags, texts),
        laterality=_laterality(tags, texts),
        modifiers=_coded_modifiers(tags) | _modifiers_in_words(tags) | _modifiers_in(texts),
    )


def _views_in_text(tags: Tags) -> Iterator[ViewText]:
    term = view_from_term(text(tags, _VIEW_POSITION))
    if term:
        yield term
    for tag in _DESCRIPTIONS:
        sentence = view_from_sentence(" ".join(values(tags, tag)))
        if sentence:
            yield sentence


def _view(tags: Tags, texts: tuple[ViewText, ...]) -> str:
    for value, meaning in codes(tags, _VIEW_CODE_SEQUENCE):
        view = VIEW_BY_CODE.get(value) or VIEW_BY_MEANING.get(re.sub(r"[^A-Z]", "", meaning))
        if view:
            return view
    if view_from_term(text(tags, _VIEW_POSITION)):
        return texts[0].view
    oriented, _ = orientation.view_and_side(values(tags, _PATIENT_ORIENTATION))
    return oriented or (texts[0].view if texts else "")


def _laterality(tags: Tags, texts: tuple[ViewText, ...]) -> str:
    for word in _laterality_words(tags):
        if word in {"R", "RIGHT"}:
            return "R"
        if word in {"L", "LEFT"}:
            return "L"
        if word in {"B", "BOTH"}:
            return ""
    return (
        _coded_laterality(tags)
        or _laterality_of_view_position(tags)
        or orientation.view_and_side(values(tags, _PATIENT_ORIENTATION))[1]
        or next((found.laterality for found in texts if found.laterality), "")
    )


def _laterality_words(tags: Tags) -> Iterator[str]:
    yield text(tags, "0020,0062")  # Image Laterality
    for shared in items(tags, "5200,9229"):  # Shared Functional Groups Sequence
        for anatomy in items(shared, "0020,9071"):  # Frame Anatomy Sequence
            yield text(anatomy, "0020,9072")  # Frame Laterality
    yield text(tags, "0020,0060")  # Laterality (of the series)


def _coded_laterality(tags: Tags) -> str:
    found = {value for value, _ in _region_codes(tags)}
    right, left = bool(found & RIGHT_CODES), bool(found & LEFT_CODES)
    if right == left:
        return ""
    return "R" if right else "L"


def _region_codes(tags: Tags) -> Iterator[tuple[str, str]]:
    # Anatomic Region and Primary Anatomic Structure, each with its modifiers (PS3.3 10.5).
    for sequence, modifiers in (("0008,2218", "0008,2220"), ("0008,2228", "0008,2230")):
        yield from codes(tags, sequence)
        for item in items(tags, sequence):
            yield from codes(item, modifiers)


def _laterality_of_view_position(tags: Tags) -> str:
    term = view_from_term(text(tags, _VIEW_POSITION))
    return term.laterality if term else ""


def _coded_modifiers(tags: Tags) -> frozenset[Modifier]:
    nested = [
        code
        for item in items(tags, _VIEW_CODE_SEQUENCE)
        for code in codes(item, _VIEW_MODIFIER_CODE_SEQUENCE)
    ]
    # Some units write the modifiers beside the view instead of inside it.
    found = [*nested, *codes(tags, _VIEW_MODIFIER_CODE_SEQUENCE)]
    known = frozenset(MODIFIER_BY_CODE[value] for value, _ in found if value in MODIFIER_BY_CODE)
    meanings = [meaning for value, meaning in found if value not in MODIFIER_BY_CODE]
    return known | _modifiers_by_word(frozenset(" ".join(meanings).split()))


def _modifiers_in_words(tags: Tags) -> frozenset[Modifier]:
    return _modifiers_by_word(words(tags, _PADDLE_DESCRIPTION, *_DESCRIPTIONS))


def _modifiers_by_word(said: frozenset[str]) -> frozenset[Modifier]:
    found = set()
    if said & _SPOT_WORDS:
        found.add(Modifier.SPOT)
    if said & _MAGNIFICATION_WORDS:
        found.add(Modifier.MAGNIFICATION)
    return frozenset(found)


def _modifiers_in(texts: tuple[ViewText, ...]) -> frozenset[Modifier]:
    return frozenset(modifier for found in texts for modifier in found.modifiers)

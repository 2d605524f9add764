# SPDX-License-Identifier: AGPL-3.0-or-later
"""Views written as text: "CC", "mlo ", "MLOID", "RCC", "R CC", "L-MLO SPOT".

The abbreviations are those of the ACR Mammography Quality Control Manual, which PS3.16 CID 4014
and CID 4015 give as equivalents: M and S before a view for magnification and spot compression,
two or three letters after it for the other modifiers.
"""

import re
from dataclasses import dataclass

from mammovlm_orthanc.view_codes import Modifier

_VIEW = "XCCL|XCCM|XCC|CC|MLO|LMO|ML|LM|SIO|ISO|FB"
_SUFFIX_MODIFIERS = {
    "ID": Modifier.IMPLANT_DISPLACED,
    "NP": Modifier.NIPPLE_IN_PROFILE,
    "SPOT": Modifier.SPOT,
    "MAG": Modifier.MAGNIFICATION,
    "RL": Modifier.SPECIAL,
    "RM": Modifier.SPECIAL,
    "RI": Modifier.SPECIAL,
    "RS": Modifier.SPECIAL,
    "TAN": Modifier.SPECIAL,
    "CV": Modifier.SPECIAL,
    "AT": Modifier.SPECIAL,
    "AX": Modifier.SPECIAL,
    "AC": Modifier.SPECIAL,
    "IMF": Modifier.SPECIAL,
}
_SUFFIX = "|".join(_SUFFIX_MODIFIERS)
_WHOLE = re.compile(
    rf"(?P<side>[RL])??(?P<prefix>MS?|SM?)??(?P<view>{_VIEW})(?P<suffix>(?:{_SUFFIX})*)"
)
_IN_SENTENCE = re.compile(
    rf"(?<![A-Z0-9])(?:(?P<side>RIGHT|LEFT|RT|LT|R|L)[ _./-]*)?(?P<prefix>MS?|SM?)?"
    rf"(?P<view>{_VIEW})(?P<suffix>(?:[ _./-]*(?:{_SUFFIX})(?![A-Z]))*)(?![A-Z0-9])"
)
_ALONE_IS_SPECIAL = frozenset({"AT", "CV", "TAN", "AX", "ROLLED", "CLEAVAGE"})


@dataclass(frozen=True)
class ViewText:
    """A view as text tells it.

    Parameters
    ----------
    view
        "CC", "MLO" or another view's abbreviation.
    laterality
        "R", "L", or "" where the text does not say.
    modifiers
        What was written before and after it.
    """

    view: str
    laterality: str = ""
    modifiers: frozenset[Modifier] = frozenset()


def view_from_term(term: str) -> ViewText | None:
    """Read a value that is a view and nothing else, such as View Position (0018,5101)."""
    letters = re.sub(r"[^A-Z]", "", term.upper())
    if letters in _ALONE_IS_SPECIAL:
        return ViewText(letters)
    match = _WHOLE.fullmatch(letters)
    return _view_text(match) if match else None


def view_from_sentence(sentence: str) -> ViewText | None:
    """Find the one view that a description names; None where it names none or several.

    The side is "" where the description names both.
    """
    found = [_view_text(match) for match in _IN_SENTENCE.finditer(sentence.upper())]
    views = {each.view for each in found}
    sides = {each.laterality for each in found if each.laterality}
    if len(views) != 1:
        return None
    modifiers = frozenset(modifier for each in found for modifier in each.modifiers)
    return ViewText(views.pop(), sides.pop() if len(sides) == 1 else "", modifiers)


def _view_text(match: re.Match[str]) -> ViewText:
    prefix, suffix = match["prefix"] or "", match["suffix"] or ""
    modifiers = {_SUFFIX_MODIFIERS[part] for part in re.findall(_SUFFIX, suffix)}
    if "M" in prefix:
        modifiers.add(Modifier.MAGNIFICATION)
    if "S" in prefix:
        modifiers.add(Modifier.SPOT)
    return ViewText(match["view"], (match["side"] or "")[:1], frozenset(modifiers))

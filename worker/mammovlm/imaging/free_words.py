"""Views, sides and modifiers in words that people or makers wrote: "R MLO", "LCCID", "Left CC mag".

The labels are those of the Mammography Quality Standards Act (21 CFR 900.12(e)), which CID 4014
and 4015 give beside their codes: side, then M or S for magnification and spot compression, the
view, and other modifiers behind it. Words that name two views, or both sides, name none.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import TypeVar

from mammovlm.imaging.view_words import Modifier, ViewName
from mammovlm.study import Laterality

_T = TypeVar("_T")


@dataclass(frozen=True)
class ViewWords:
    """What words say about a view.

    Parameters
    ----------
    view, laterality
        None where they name none, or several.
    modifiers
        All that they name.
    """

    view: ViewName | None = None
    laterality: Laterality | None = None
    modifiers: frozenset[Modifier] = frozenset()


_SIDES: Mapping[str, Laterality] = {
    **dict.fromkeys(("R", "RT", "RIGHT"), Laterality.RIGHT),
    **dict.fromkeys(("L", "LT", "LEFT"), Laterality.LEFT),
}
_BEFORE_VIEW: Mapping[str, frozenset[Modifier]] = {
    "": frozenset(),
    "M": frozenset({Modifier.MAGNIFICATION}),
    "S": frozenset({Modifier.SPOT}),
    "MS": frozenset({Modifier.MAGNIFICATION, Modifier.SPOT}),
    "SM": frozenset({Modifier.MAGNIFICATION, Modifier.SPOT}),
}
_BEHIND_VIEW: Mapping[str, Modifier] = {
    "ID": Modifier.IMPLANT_DISPLACED,
    "CV": Modifier.CLEAVAGE,
    "AT": Modifier.AXILLARY_TAIL,
    "AX": Modifier.AXILLARY_TISSUE,
    "TAN": Modifier.TANGENTIAL,
    **dict.fromkeys(("RL", "RM", "RI", "RS"), Modifier.ROLLED),
    "NP": Modifier.NIPPLE_IN_PROFILE,
    "IMF": Modifier.INFRAMAMMARY_FOLD,
    "AC": Modifier.ANTERIOR_COMPRESSION,
}
_ALONE: Mapping[str, frozenset[Modifier]] = {
    **dict.fromkeys(("MAG", "MAGN", "MAGNIFIED", "MAGNIFICATION"), _BEFORE_VIEW["M"]),
    "SPOT": _BEFORE_VIEW["S"],
    "SPOTMAG": _BEFORE_VIEW["SM"],
}
_MEANINGS: Mapping[str, ViewName] = {  # in this order: the first that is found holds
    r"EXAGGERATED.*MEDIAL": ViewName.XCCM,
    r"EXAGGERATED": ViewName.XCCL,
    r"CAUDO.?CRANIAL": ViewName.FB,
    r"CRANIO.?CAUDAL": ViewName.CC,
    r"SUPERO.?LATERAL TO": ViewName.SIO,
    r"INFERO.?MEDIAL TO": ViewName.ISO,
    r"LATERO.?MEDIAL.?OBLIQUE": ViewName.LMO,
    r"MEDI(O|AL).?LATERAL.?OBLIQUE": ViewName.MLO,
    r"LATERO.?MEDIAL": ViewName.LM,
    r"MEDI(O|AL).?LATERAL": ViewName.ML,
    r"\bSPECIMEN\b": ViewName.SPECIMEN,
}


def _labels() -> dict[str, ViewWords]:
    """Spell out every label; a plain view comes before a composed one (LMO is no left "MO")."""
    views = {name.value: name for name in ViewName} | {"XCC": ViewName.XCCL}
    behind = {"": frozenset[Modifier]()} | {
        suffix: frozenset({modifier}) for suffix, modifier in _BEHIND_VIEW.items()
    }
    labels: dict[str, ViewWords] = {}
    for before, suffix, side, view in product(_BEFORE_VIEW, behind, ("", "R", "L"), views):
        words = ViewWords(views[view], _SIDES.get(side), _BEFORE_VIEW[before] | behind[suffix])
        labels.setdefault(side + before + view + suffix, words)
    return labels | {name.value: ViewWords(name) for name in ViewName}


_LABELS = _labels()


def read_words(words: str, *, is_term: bool = False) -> ViewWords:
    """Find the view, side and modifiers that words name.

    Parameters
    ----------
    words
        Such as View Position or Series Description.
    is_term
        True for attributes that hold nothing but a view, such as View Position: there a modifier's
        two letters need not follow a view.
    """
    tokens = re.sub(r"[^A-Z0-9]+", " ", words.upper()).split()
    named = [_LABELS[token] for token in tokens if token in _LABELS]
    sides = {each.laterality for each in named} | {_SIDES.get(token) for token in tokens}
    modifiers = {modifier for each in named for modifier in each.modifiers}
    return ViewWords(
        view=_one({each.view for each in named}) if named else _by_meaning(tokens),
        laterality=_one(sides),
        modifiers=frozenset(modifiers | set(_loose_modifiers(tokens, is_term))),
    )


def _one(found: set[_T | None]) -> _T | None:
    named = found - {None}
    return named.pop() if len(named) == 1 else None


def _by_meaning(tokens: Sequence[str]) -> ViewName | None:
    sentence = " ".join(tokens)
    return next((name for form, name in _MEANINGS.items() if re.search(form, sentence)), None)


def _loose_modifiers(tokens: Sequence[str], is_term: bool) -> Iterator[Modifier]:
    """Give the modifiers that are words of their own."""
    is_behind_view = is_term
    for token in tokens:
        yield from _ALONE.get(token, ())
        if is_behind_view and token in _BEHIND_VIEW:
            yield _BEHIND_VIEW[token]
        else:
            is_behind_view = is_term or token in _LABELS

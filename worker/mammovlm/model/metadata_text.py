"""What the header says about a view, as text for the text encoder (four-systems 2.1).

Three levels, field → group → exam: ``[PAT] age 50-59, female | [ACQ] right MLO, ... | [EXAM] ...``.
A field that the header does not give reads "not available". BI-RADS, findings and history are no
fields: they are never an input. The manufacturer is left out because a vendor stands for a site,
and a site for a prevalence.
"""

import re
from collections.abc import Collection, Mapping

from mammovlm.findings import DensityCategory
from mammovlm.study import Laterality, Slot

NOT_AVAILABLE = "not available"
FIELDS: tuple[str, ...] = ("age", "sex", "implant", "thickness_mm", "force_n", "kvp", "density")
"""The fields that training may blank; side and view are always known."""

_NAMES = {
    "implant": "implant",
    "thickness_mm": "thickness",
    "force_n": "force",
    "kvp": "tube voltage",
}
_UNITS = {"thickness_mm": " mm", "force_n": " N", "kvp": " kVp"}


def metadata_text(
    slot: Slot,
    metadata: Mapping[str, str],
    density: DensityCategory | None,
    blanked: Collection[str] = (),
) -> str:
    """Word the metadata of one view.

    Parameters
    ----------
    slot
        Side and view.
    metadata
        By field name, as `mammovlm.study.View` holds it; unknown names are passed over.
    density
        The selector's category for the study; None without a trained selector.
    blanked
        Names out of `FIELDS` to treat as absent.

    Returns
    -------
    str
        One line of plain words, without identifiers, dates or free text.
    """
    known = {name: text for name, text in metadata.items() if name not in blanked}
    side = "right" if slot.laterality is Laterality.RIGHT else "left"
    acquisition = ", ".join(
        f"{name} {_measure(field, known.get(field))}" for field, name in _NAMES.items()
    )
    category = None if "density" in blanked else density
    return (
        f"[PAT] age {_decade(known.get('age'))}, sex {_word(known.get('sex'))} | "
        f"[ACQ] {side} {slot.position}, {acquisition} | "
        f"[EXAM] density {f'{category} (predicted)' if category else NOT_AVAILABLE}"
    )


def _decade(age: str | None) -> str:
    """Round an age to its decade: one woman's exact age is nobody's pattern."""
    years = re.search(r"\d{1,3}", age or "")
    if years is None or not 10 <= int(years.group()) < 120:
        return NOT_AVAILABLE
    start = int(years.group()) // 10 * 10
    return f"{start}-{start + 9}"


def _measure(field: str, text: str | None) -> str:
    if field not in _UNITS:
        return _word(text)
    number = re.fullmatch(r"\s*(\d{1,4}(?:\.\d+)?)\s*[A-Za-z]*\s*", text or "")
    return f"{float(number.group(1)):.0f}{_UNITS[field]}" if number else NOT_AVAILABLE


def _word(text: str | None) -> str:
    """Only a plain word passes; anything longer could be free text."""
    cleaned = (text or "").strip().lower()
    return cleaned if re.fullmatch(r"[a-z]{1,12}", cleaned) else NOT_AVAILABLE

# SPDX-License-Identifier: AGPL-3.0-or-later
r"""View and side from Patient Orientation (0020,0020) alone (PS3.3 C.7.6.1.1.1).

The two values say where the rows and the columns of the stored image point to. The columns tell
the view: R or L alone for a cranio-caudal, F or H together with R or L for an oblique. F or H alone
may be a true lateral or a careless oblique, and tells nothing.

The side follows from the oblique itself: its plane runs from upper-outer to lower-inner, so
towards the foot means towards R in a left breast and towards L in a right one. A cranio-caudal
looks alike on both sides; there the side is taken from the hanging convention (left A\R, right
P\L), and a mirrored pair such as A\L tells no side: a wrong side is worse than none.
"""

from collections.abc import Sequence

_STANDARD_CRANIOCAUDAL = {("A", "R"): "L", ("P", "L"): "R"}
_OBLIQUE = {"FR": "L", "RF": "L", "HL": "L", "LH": "L", "FL": "R", "LF": "R", "HR": "R", "RH": "R"}


def view_and_side(orientation: Sequence[str]) -> tuple[str, str]:
    """Give the view ("CC", "MLO" or "") and the side ("R", "L" or "").

    Parameters
    ----------
    orientation
        The values in upper case. A single value that is a view's name (as scanned film in
        public archives has it) is taken as that view.
    """
    if len(orientation) == 1:
        return (orientation[0], "") if orientation[0] in {"CC", "MLO"} else ("", "")
    if len(orientation) != 2:
        return "", ""
    rows, columns = orientation
    if columns in {"R", "L"}:
        return "CC", _STANDARD_CRANIOCAUDAL.get((rows, columns), "")
    if columns in _OBLIQUE:
        return "MLO", _OBLIQUE[columns]
    return "", ""

# SPDX-License-Identifier: AGPL-3.0-or-later
"""What stands for a study's result: the structured report or, where a site stores none, another.

The page's numbers, questions and drift metrics are read from a structured report alone.
"""

from collections.abc import Mapping

STRUCTURED_REPORT, PDF, CAD_REPORT = "structured-report", "pdf", "cad-report"
_KINDS = {
    "1.2.840.10008.5.1.4.1.1.104.1": PDF,
    "1.2.840.10008.5.1.4.1.1.88.50": CAD_REPORT,
}


def kind_of(result: Mapping[str, str] | None) -> str:
    """Give the kind of the object that a status names as its report; "" where it names none."""
    return _KINDS.get(result.get("sop_class_uid", ""), STRUCTURED_REPORT) if result else ""

# SPDX-License-Identifier: AGPL-3.0-or-later
"""Opinions of radiologists as CSV, for whoever measures how the software does. No patient data."""

import csv
import io
from collections.abc import Iterable

from mammovlm_orthanc.review import Review, Subject

COLUMNS = (
    "study_instance_uid",
    "report_sop_instance_uid",
    "run",
    "at",
    "reader",
    "opinion",
    "comment",
)


def opinions_as_csv(reviews: Iterable[tuple[str, Review]]) -> str:
    """Write one line for every opinion ever given, also for those that were changed later.

    Parameters
    ----------
    reviews
        Study Instance UID and review.

    Returns
    -------
    str
        RFC 4180, with a header line. A cell that a spreadsheet would take for a formula begins
        with an apostrophe; a zero character, which older versions took, is left out.
    """
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for study_instance_uid, review in reviews:
        for entry in review.entries:
            if entry.subject is Subject.OPINION:
                said = (entry.at, entry.reader, str(entry.act), entry.text)
                cells = (study_instance_uid, entry.report_uid, str(entry.run), *said)
                writer.writerow([_no_formula(cell.replace("\0", "")) for cell in cells])
    return text.getvalue()


def _no_formula(cell: str) -> str:
    return f"'{cell}" if cell[:1] in {"=", "+", "-", "@", "\t", "\r"} else cell

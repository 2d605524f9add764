"""Whole Mammography CAD SRs and a report without result as DCMTK prints them.

After a wanted change, renew them with ``MAMMOVLM_RENEW_GOLDEN=1 pytest tests/golden`` and read
the difference before committing it.
"""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from mammovlm.errors import RejectionReason
from mammovlm.results import (
    ObjectOptions,
    Refusal,
    ReportOptions,
    refusal_report,
    result_objects,
)
from report_examples import ALGORITHM, EXAMPLES, MADE_AT, nothing_trained, study_of
from report_programs import dsrdump, write

FOLDER = Path(__file__).parent
RENEW = os.environ.get("MAMMOVLM_RENEW_GOLDEN") == "1"
CAD_REPORTS = {
    "partial study": EXAMPLES["partial study"],
    "suspicious": EXAMPLES["suspicious with patient text"],
    "with regions": EXAMPLES["suspicious with regions"],
    "nothing trained": nothing_trained,
}


def compare(text: str, name: str) -> None:
    path = FOLDER / name.replace(" ", "_")
    if RENEW:
        path.write_text(text, encoding="utf-8")
    assert path.is_file(), f"no golden file {path.name}; see the head of this test"
    assert text == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", CAD_REPORTS)
def test_cad_report_is_the_kept_one(
    name: str, tmp_path: Path, require_program: Callable[..., str]
) -> None:
    program = require_program("dsrdump", "dcmtk")
    wanted = ObjectOptions(wants_cad_report=True, wants_pdf=False, wants_presentation_state=False)
    _, cad = result_objects(*CAD_REPORTS[name](), None, wanted, at=MADE_AT)
    compare(dsrdump(program, write(cad, tmp_path)), f"cad report {name}.dsrdump.txt")


def test_report_without_result_is_the_kept_one(
    tmp_path: Path, require_program: Callable[..., str]
) -> None:
    study, reason = study_of(), RejectionReason.NO_STANDARD_VIEW
    why = Refusal(
        study_instance_uid=study.study_instance_uid,
        status="rejected",
        reason=reason.value,
        text=reason.text,
        algorithm=ALGORITHM,
        headers=[view.source.header for view in study.views],
    )
    report = refusal_report(why, ReportOptions(), at=MADE_AT)
    dump = dsrdump(require_program("dsrdump", "dcmtk"), write(report, tmp_path))
    compare(dump, "report without result.dsrdump.txt")

"""Whole reports as DCMTK prints them, compared with the kept ones beside this file.

After a wanted change, renew them with ``MAMMOVLM_RENEW_GOLDEN=1 pytest tests/golden`` and read
the difference before committing it.
"""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from mammovlm.results import ReportOptions, readable_report, structured_report
from report_examples import EXAMPLES, MADE_AT
from report_programs import dsrdump, write

FOLDER = Path(__file__).parent
RENEW = os.environ.get("MAMMOVLM_RENEW_GOLDEN") == "1"


def compare(text: str, name: str) -> None:
    path = FOLDER / name
    if RENEW:
        path.write_text(text, encoding="utf-8")
    assert path.is_file(), f"no golden file {name}; see the head of this test"
    assert text == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", EXAMPLES)
def test_report_is_the_kept_one(
    name: str, tmp_path: Path, require_program: Callable[..., str]
) -> None:
    program = require_program("dsrdump", "dcmtk")
    report = structured_report(*EXAMPLES[name](), None, ReportOptions(), at=MADE_AT)
    compare(
        dsrdump(program, write(report, tmp_path)), f"report {name}.dsrdump.txt".replace(" ", "_")
    )


@pytest.mark.parametrize("name", EXAMPLES)
def test_readable_report_is_the_kept_one(name: str) -> None:
    report = structured_report(*EXAMPLES[name](), None, ReportOptions(), at=MADE_AT)
    compare(readable_report(report), f"report {name}.readable.txt".replace(" ", "_"))

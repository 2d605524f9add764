"""Words of any script are stored whole in UTF-8, and in a plain form where that is not wanted."""

from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from pydicom import Dataset, dcmread

from mammovlm.results import ReportOptions, check_report, structured_report
from mammovlm.results.character_set import clean_text, fit_text
from mammovlm.results.report_content import read_content
from report_examples import EXPLANATION, Example, findings_of, normal, study_of
from report_programs import dciodvfy_errors, dsrdump, write

LATIN = ReportOptions(character_set="ISO_IR 100")
JAPANESE = "Yamada^Tarou=山田^太郎=やまだ^たろう"


def stored(example: Example, options: ReportOptions) -> Dataset:
    report = structured_report(*example, None, options)
    check_report(report, *example)
    buffer = BytesIO()
    report.save_as(buffer, enforce_file_format=True)
    return dcmread(BytesIO(buffer.getvalue()))


def named(name: str, summary: str) -> Example:
    study = study_of(PatientName=name)
    return study, findings_of(study), replace(EXPLANATION, summary=summary)


def test_utf8_keeps_every_script() -> None:
    report = stored(named(JAPANESE, "Dichte B – 左乳房 ≥ 50 %"), ReportOptions())
    assert str(report.PatientName) == JAPANESE
    assert read_content(report).summary == "Dichte B – 左乳房 ≥ 50 %"


def test_latin_1_keeps_its_own_letters_and_replaces_the_others() -> None:
    summary = "naïve – “quoted” ≥ 5 ā 乳"
    report = stored(named(JAPANESE, summary), LATIN)
    assert report.SpecificCharacterSet == "ISO_IR 100"
    assert str(report.PatientName) == "Yamada^Tarou"
    assert read_content(report).summary == 'naïve - "quoted" >= 5 a ?'


@pytest.mark.parametrize("options", [ReportOptions(), LATIN], ids=["UTF-8", "Latin-1"])
def test_other_programs_read_either(
    options: ReportOptions, tmp_path: Path, require_program: Callable[..., str]
) -> None:
    report = stored(named("Müller^Zoë", "Größe – ≥"), options)
    path = write(report, tmp_path)
    assert dciodvfy_errors(require_program("dciodvfy", "dicom3tools"), path) == []
    dump = dsrdump(require_program("dsrdump", "dcmtk"), path)
    assert "Müller" in dump
    assert "Größe" in dump


def test_a_header_in_another_character_set_is_read_as_it_says() -> None:
    study, findings, words = normal()
    header = study.views[0].source.header
    header.SpecificCharacterSet = "ISO_IR 144"
    header.PatientName = "Люкceмбypг"
    buffer = BytesIO()
    header.save_as(buffer, enforce_file_format=True)
    source = replace(study.views[0].source, header=dcmread(BytesIO(buffer.getvalue())))
    study = replace(study, views=(replace(study.views[0], source=source), *study.views[1:]))
    assert str(stored((study, findings, words), ReportOptions()).PatientName) == "Люкceмбypг"


def test_control_characters_go_and_lines_end_as_dicom_wants() -> None:
    assert clean_text(" a\x00b\x1b[1m\tc\nd\re\ud800 ") == "ab[1m c\r\nd\r\ne"


def test_fitting_leaves_utf8_alone() -> None:
    assert fit_text("≥ 乳", "ISO_IR 192") == "≥ 乳"

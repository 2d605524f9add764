"""The words in the DICOM report, in JSON and in `mammovlm show`, in every language."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from io import BytesIO

import jsonschema
import pytest
from pydicom import Dataset, dcmread

from mammovlm.errors import ResultInvalid
from mammovlm.explanation import explain
from mammovlm.results import (
    ReportOptions,
    check_report,
    readable_report,
    result_document,
    result_schema,
    structured_report,
)
from mammovlm.results.report_content import read_content
from mammovlm.words import LANGUAGES
from report_examples import Example, normal, nothing_trained, partial, suspicious

HAN = re.compile(r"[\u3400-\u9fff]")
EXAMPLES = [normal, partial, suspicious, nothing_trained]
every_language = pytest.mark.parametrize("tag", LANGUAGES)
every_example = pytest.mark.parametrize("make", EXAMPLES, ids=lambda make: make.__name__)


def in_language(make: Callable[[], Example], tag: str) -> Example:
    study, findings, _ = make()
    return study, findings, explain(findings, None, tag)


def stored(example: Example, options: ReportOptions) -> Dataset:
    report = structured_report(*example, None, options)
    check_report(report, *example)
    return dcmread(BytesIO(bytes_of(report)))


def bytes_of(report: Dataset) -> bytes:
    buffer = BytesIO()
    report.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


@every_language
@every_example
def test_the_report_holds_the_words_of_its_language(make: Callable[[], Example], tag: str) -> None:
    example = in_language(make, tag)
    report, words = stored(example, ReportOptions()), LANGUAGES[tag]
    content = read_content(report)
    assert report.SpecificCharacterSet == "ISO_IR 192"
    assert content.language == tag
    assert content.summary == example[2].summary
    assert content.patient_text == example[2].patient_text.replace("\n", "\r\n")
    assert content.comments[-1] == words.report.disclaimer
    told = json.dumps([content.summary, content.patient_text, content.comments], ensure_ascii=False)
    assert bool(HAN.search(told)) is not words.latin_1


def test_codes_keep_their_english_meanings_in_a_chinese_report() -> None:
    report = stored(in_language(partial, "zh-CN"), ReportOptions())
    meanings = [str(item.CodeMeaning) for item in every_item(report) if "CodeMeaning" in item]
    assert len(meanings) > 100
    assert not any(HAN.search(meaning) for meaning in meanings)
    assert "Chinese (China)" in meanings
    assert "Patient-friendly explanation (draft, not reviewed)" in meanings


def every_item(dataset: Dataset) -> list[Dataset]:
    below = [item for element in dataset if element.VR == "SQ" for item in element.value]
    return below + [deeper for item in below for deeper in every_item(item)]


def test_another_language_is_another_report() -> None:
    uids = {
        structured_report(*in_language(normal, tag), None, ReportOptions()).SOPInstanceUID
        for tag in LANGUAGES
    }
    assert len(uids) == len(LANGUAGES)


def test_a_chinese_report_in_latin_letters_does_not_pass_the_check() -> None:
    example = in_language(normal, "zh-CN")
    report = structured_report(*example, None, ReportOptions(character_set="ISO_IR 100"))
    with pytest.raises(ResultInvalid, match="character set"):
        check_report(report, *example)


def test_a_report_in_the_wrong_language_does_not_pass_the_check() -> None:
    report = structured_report(*in_language(normal, "zh-CN"), None, ReportOptions())
    with pytest.raises(ResultInvalid, match="language"):
        check_report(report, *in_language(normal, "en-US"))


@every_language
@every_example
def test_a_site_that_leaves_the_patient_text_out_finds_it_nowhere(
    make: Callable[[], Example], tag: str
) -> None:
    study, findings, words = in_language(make, tag)
    marked = replace(words, patient_text=f"{words.patient_text} #MARK#")
    for wanted in (True, False):
        options = ReportOptions(include_patient_text=wanted)
        report = stored((study, findings, marked), options)
        document = result_document(study, findings, marked, report, objects=[report], timings_s={})
        jsonschema.validate(document, result_schema())
        shown = readable_report(report)
        assert ("#MARK#" in json.dumps(document)) is wanted
        assert (b"#MARK#" in bytes_of(report)) is wanted
        assert (LANGUAGES[tag].readable.patient in shown) is wanted
        assert ("#MARK#" in shown) is wanted
        assert (b"PATIENT-TEXT" in bytes_of(report)) is wanted


@every_example
def test_a_chinese_report_is_shown_in_chinese(make: Callable[[], Example]) -> None:
    shown = readable_report(stored(in_language(make, "zh-CN"), ReportOptions()))
    headings = [
        before
        for before, line in zip(shown.splitlines(), shown.splitlines()[1:], strict=False)
        if set(line) in ({"-"}, {"="})
    ]
    assert len(headings) >= 5
    assert all(HAN.search(heading) for heading in headings)
    assert "NOT FOR DIAGNOSTIC USE ALONE" in shown
    assert max(sum(2 if HAN.match(c) else 1 for c in line) for line in shown.splitlines()) <= 88

"""A report in which any one thing was changed must not pass its check."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from pydicom import Dataset

from mammovlm.errors import ResultInvalid
from mammovlm.results import ReportOptions, check_report, structured_report
from report_examples import EXAMPLES, Example, partial, suspicious, with_regions

Tampering = Callable[[Dataset], None]


def report_of(example: Example) -> Dataset:
    return structured_report(*example, None, ReportOptions())


def items(item: Dataset) -> Iterator[Dataset]:
    for child in item.get("ContentSequence") or ():
        yield child
        yield from items(child)


def named(report: Dataset, code: str, number: int = 0) -> Dataset:
    found = [i for i in items(report) if i.ConceptNameCodeSequence[0].CodeValue == code]
    return found[number]


def parent_of(report: Dataset, item: Dataset) -> Dataset:
    return next(
        one
        for one in [report, *items(report)]
        if any(child is item for child in one.get("ContentSequence") or ())
    )


def removes(code: str) -> Tampering:
    def tamper(report: Dataset) -> None:
        item = named(report, code)
        parent = parent_of(report, item)
        parent.ContentSequence = [i for i in parent.ContentSequence if i is not item]

    return tamper


def writes_number(code: str, value: str) -> Tampering:
    def tamper(report: Dataset) -> None:
        named(report, code).MeasuredValueSequence[0].NumericValue = value

    return tamper


def writes_unit(code: str) -> Tampering:
    def tamper(report: Dataset) -> None:
        unit = named(report, code).MeasuredValueSequence[0].MeasurementUnitsCodeSequence[0]
        unit.CodeValue = "1"

    return tamper


def writes_code(code: str, value: str) -> Tampering:
    def tamper(report: Dataset) -> None:
        named(report, code).ConceptCodeSequence[0].CodeValue = value

    return tamper


def writes_text(code: str, number: int = 0) -> Tampering:
    def tamper(report: Dataset) -> None:
        item = named(report, code, number)
        item.TextValue = f"{item.TextValue} and more"

    return tamper


def refers_elsewhere(code: str) -> Tampering:
    def tamper(report: Dataset) -> None:
        named(report, code).ReferencedSOPSequence[0].ReferencedSOPInstanceUID = "1.2.3"

    return tamper


def writes(keyword: str, value: str) -> Tampering:
    def tamper(report: Dataset) -> None:
        setattr(report, keyword, value)

    return tamper


def changes_device_of_equipment(report: Dataset) -> None:
    report.ContributingEquipmentSequence[0].DeviceUID = "1.2.3"


def drops_an_image_from_the_evidence(report: Dataset) -> None:
    series = report.CurrentRequestedProcedureEvidenceSequence[0].ReferencedSeriesSequence[0]
    del series.ReferencedSOPSequence[0]


def moves_the_evidence_to_another_study(report: Dataset) -> None:
    report.CurrentRequestedProcedureEvidenceSequence[0].StudyInstanceUID = "1.2.3"


def repeats_a_tracking_identifier(report: Dataset) -> None:
    named(report, "112040", 1).UID = named(report, "112040", 0).UID


def removes_image_of_group(report: Dataset) -> None:
    group = named(report, "125007")
    image = next(i for i in group.ContentSequence if i.ValueType == "IMAGE")
    group.ContentSequence = [i for i in group.ContentSequence if i is not image]


def swaps_two_sides(report: Dataset) -> None:
    writes_code("272741003", "7771000")(report)


def adds_a_group(report: Dataset) -> None:
    group = named(report, "125007")
    parent_of(report, group).ContentSequence.append(group)


TAMPERINGS: dict[str, tuple[Tampering, str]] = {
    "a density": (writes_code("129715009", "129719003"), "Density R codes"),
    "a density's certainty": (writes_number("111012", "12.3"), "Density R numbers"),
    "a likelihood": (writes_number("BIRADS4-VS-3", "50"), "Assessment R numbers"),
    "a likelihood's unit": (writes_unit("BIRADS4-VS-3"), "Assessment R units"),
    "an upper bound": (writes_number("371886008", "1"), "Assessment R numbers"),
    "a lower bound": (writes_number("371885007", "1"), "Assessment R numbers"),
    "a bound's unit": (writes_unit("371885007"), "Assessment R units"),
    "a bound taken away": (removes("371885007"), "Assessment R numbers"),
    "the presence": (writes_number("PRESENCE", "1"), "Assessment R numbers"),
    "the presence taken away": (removes("PRESENCE"), "Assessment R numbers"),
    "a category": (writes_code("111005", "397144001"), "Assessment R codes"),
    "a category taken away": (removes("111005"), "Assessment R codes"),
    "a view's likelihood": (writes_number("VIEW-4-VS-3", "50"), "View RCC numbers"),
    "a side": (swaps_two_sides, "Density R side"),
    "a finding": (writes_code("121071", "111005"), "Density R finding"),
    "a site": (writes_code("363698007", "39607008"), "Density R site"),
    "a group's image": (refers_elsewhere("121112"), "references outside the evidence"),
    "a number's image": (removes("121112"), "Density R images of numbers"),
    "a group's images": (removes_image_of_group, "Density R images"),
    "a group's title": (writes_text("112039"), "measurement groups"),
    "a group taken away": (removes("125007"), "measurement groups"),
    "a group added": (adds_a_group, "measurement groups"),
    "a tracking identifier": (repeats_a_tracking_identifier, "tracking identifiers"),
    "the library's side": (writes_code("111027", "7771000"), "image library"),
    "the library's view": (writes_code("111031", "399368009"), "image library"),
    "the library's image": (refers_elsewhere("260753009"), "image library"),
    "an image of the library taken away": (removes("260753009"), "image library"),
    "the evidence": (drops_an_image_from_the_evidence, "evidence"),
    "the evidence's study": (moves_the_evidence_to_another_study, "evidence"),
    "the status": (writes_code("111017", "111241"), "processing and findings summary"),
    "the language": (writes_code("121049", "de"), "language"),
    "the summary": (writes_text("111412"), "summary"),
    "the summary taken away": (removes("111412"), "summary"),
    "the patient's text": (writes_text("PATIENT-TEXT"), "patient text"),
    "the patient's text taken away": (removes("PATIENT-TEXT"), "comments"),
    "a reason": (writes_text("121106"), "comments"),
    "a reason taken away": (removes("121106"), "comments"),
    "the disclaimer": (writes_text("121106", -1), "comments"),
    "the algorithm's name": (writes_text("111001"), "algorithm"),
    "the algorithm's version": (writes_text("111003"), "algorithm"),
    "the algorithm's parameters": (writes_text("111002"), "algorithm"),
    "an expert": (writes_text("111002", 5), "algorithm parameters"),
    "the equipment": (changes_device_of_equipment, "contributing equipment"),
    "the verification": (writes("VerificationFlag", "VERIFIED"), "VerificationFlag"),
    "the completion": (writes("CompletionFlag", "PARTIAL"), "CompletionFlag"),
    "the finality": (writes("PreliminaryFlag", "FINAL"), "PreliminaryFlag"),
    "the warning": (writes("SeriesDescription", "Result"), "SeriesDescription"),
    "the study": (writes("StudyInstanceUID", "1.2.3"), "StudyInstanceUID"),
    "the instance": (writes("SOPInstanceUID", "1.2.3"), "SOPInstanceUID"),
    "the modality": (writes("Modality", "MG"), "lacks a part"),
    "the whole library": (removes("111028"), "lacks a part"),
    "all measurements": (removes("126010"), "lacks a part"),
    "all words": (removes("C0034375"), "lacks a part"),
}


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_untouched_report_passes(name: str) -> None:
    example = EXAMPLES[name]()
    check_report(report_of(example), *example)


@pytest.mark.parametrize("what", TAMPERINGS)
def test_a_report_is_refused_when_someone_changed(what: str) -> None:
    study, findings, words = suspicious()
    report = report_of((study, findings, words))
    tamper, named_as = TAMPERINGS[what]
    tamper(report)
    with pytest.raises(ResultInvalid, match=re.escape(named_as)):
        check_report(report, study, findings, words)


def region_group(report: Dataset) -> Dataset:
    return next(
        item
        for item in items(report)
        if any(child.ValueType == "SCOORD" for child in item.get("ContentSequence") or ())
    )


def moves_a_region(report: Dataset) -> None:
    outline = named(report, "111030")
    outline.GraphicData = [value + 3 for value in outline.GraphicData]


def moves_a_region_to_another_image(report: Dataset) -> None:
    other = report.CurrentRequestedProcedureEvidenceSequence[0].ReferencedSeriesSequence[0]
    source = named(report, "111030").ContentSequence[0].ReferencedSOPSequence[0]
    source.ReferencedSOPInstanceUID = other.ReferencedSOPSequence[0].ReferencedSOPInstanceUID


def makes_a_region_a_polygon(report: Dataset) -> None:
    named(report, "111030").GraphicType = "POLYLINE"


def removes_a_region(report: Dataset) -> None:
    group = region_group(report)
    parent = parent_of(report, group)
    parent.ContentSequence = [item for item in parent.ContentSequence if item is not group]


IN_REGIONS: dict[str, tuple[Tampering, str]] = {
    "its outline": (moves_a_region, "Region LCC 1 outline"),
    "its image": (moves_a_region_to_another_image, "Region LCC 1 images"),
    "its form": (makes_a_region_a_polygon, "lacks a part"),
    "its outline taken away": (removes("111030"), "Region LCC 1"),
    "itself taken away": (removes_a_region, "measurement groups"),
    "its evidence": (writes_number("REGION-EVIDENCE", "12.3"), "Region LCC 1 numbers"),
    "its suspicion": (writes_number("REGION-4-VS-3", "12.3"), "Region LCC 1 numbers"),
    "its kind": (writes_code("111059", "129769006"), "Region LCC 1 codes"),
}


@pytest.mark.parametrize("what", IN_REGIONS)
def test_a_report_is_refused_when_someone_changed_of_a_region(what: str) -> None:
    example = with_regions()
    report = report_of(example)
    tamper, named_as = IN_REGIONS[what]
    tamper(report)
    with pytest.raises(ResultInvalid, match=re.escape(named_as)):
        check_report(report, *example)


def test_a_partial_report_must_not_be_called_complete() -> None:
    example = partial()
    report = report_of(example)
    report.CompletionFlag = "COMPLETE"
    with pytest.raises(ResultInvalid, match="CompletionFlag"):
        check_report(report, *example)


def test_a_report_of_other_findings_is_refused() -> None:
    study, findings, words = suspicious()
    report = report_of((study, findings, words))
    fewer = replace(findings, not_available=("presence",))
    with pytest.raises(ResultInvalid, match="comments"):
        check_report(report, study, fewer, words)


def test_a_report_in_the_series_of_the_images_is_refused() -> None:
    study, findings, words = suspicious()
    report = report_of((study, findings, words))
    report.SeriesInstanceUID = study.views[0].source.series_instance_uid
    with pytest.raises(ResultInvalid, match="SeriesInstanceUID"):
        check_report(report, study, findings, words)


def test_a_report_that_cannot_be_written_is_refused() -> None:
    example = suspicious()
    report = report_of(example)
    del report.file_meta.TransferSyntaxUID
    with pytest.raises(ResultInvalid, match="cannot be written"):
        check_report(report, *example)


def test_the_refusal_holds_no_patient_data() -> None:
    study, findings, words = suspicious()
    report = report_of((study, findings, words))
    removes("112039")(report)
    writes_text("111412")(report)
    report.CompletionFlag = "Phantom"
    with pytest.raises(ResultInvalid) as refused:
        check_report(report, study, findings, words)
    assert "Phantom" not in str(refused.value)
    assert refused.value.__cause__ is None

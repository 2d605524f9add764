"""What a reader of the content tree relies on: codes, sides, numbers, words and references."""

from dataclasses import replace

import pytest
from pydicom import Dataset
from pydicom.uid import Comprehensive3DSRStorage

from mammovlm.job import PredecessorReport
from mammovlm.results import ReportOptions, check_report, structured_report
from mammovlm.results.report_content import ReadGroup, ReportContent, read_content
from report_examples import (
    DENSITY_C,
    EXPLANATION,
    HIGH,
    LOW,
    STUDY_UID,
    Example,
    L,
    R,
    findings_of,
    heads_not_available,
    normal,
    nothing_trained,
    partial,
    study_of,
    suspicious,
)

OPTIONS = ReportOptions()


def report_of(example: Example, options: ReportOptions = OPTIONS) -> Dataset:
    return structured_report(*example, None, options)


def content_of(example: Example, options: ReportOptions = OPTIONS) -> ReportContent:
    return read_content(report_of(example, options))


def group_of(content: ReportContent, title: str) -> ReadGroup:
    return next(group for group in content.groups if group.title == title)


def test_a_full_exam_has_groups_for_densities_assessments_and_views_in_this_order() -> None:
    assert [group.title for group in content_of(normal()).groups] == [
        "Density R",
        "Density L",
        "Density overall",
        "Assessment R",
        "Assessment L",
        "View RCC",
        "View LCC",
        "View RMLO",
        "View LMLO",
    ]


def test_the_interval_is_written_as_distances_from_the_value_in_per_cent() -> None:
    number = group_of(content_of(suspicious()), "Assessment L").numbers["BIRADS4-VS-3"]
    assert (number.value, number.unit) == (91.4, "%")
    assert (number.below, number.above) == (7.2, 5.3)
    assert number.units_of_bounds == ("%", "%")


def test_a_clear_likelihood_suggests_its_category() -> None:
    content = content_of(suspicious())
    assert group_of(content, "Assessment R").evaluations == {"111005": "397143007"}
    assert group_of(content, "Assessment L").evaluations == {"111005": "397144001"}


def test_a_breast_without_a_clear_finding_gets_no_category() -> None:
    content = content_of(normal())
    assert group_of(content, "Assessment R").evaluations == {}
    assert group_of(content, "Assessment L").evaluations == {}


def test_every_image_is_in_the_library_with_side_and_view() -> None:
    images = content_of(normal()).images
    assert [(image.side, image.view) for image in images] == [
        ("24028007", "399162004"),
        ("7771000", "399162004"),
        ("24028007", "399368009"),
        ("7771000", "399368009"),
    ]


def test_an_untrained_head_gives_no_number_and_the_report_says_so() -> None:
    content = content_of(heads_not_available())
    names = {name for group in content.groups for name in group.numbers}
    assert names == {"111012"}
    assert any("No trained weights for: suspicion" in comment for comment in content.comments)
    assert report_of(heads_not_available()).CompletionFlag == "PARTIAL"


def test_without_any_trained_head_the_report_holds_words_and_images_alone() -> None:
    content = content_of(nothing_trained())
    assert content.groups == ()
    assert content.summary_status == "111245"
    assert any("seen by the expert convnext" in comment for comment in content.comments)
    check_report(report_of(nothing_trained()), *nothing_trained())


def test_missing_and_left_out_images_are_named_with_their_reasons() -> None:
    comments = " ".join(content_of(partial()).comments)
    assert "Missing view: LMLO (left medio-lateral oblique)" in comments
    assert f"(spot-compression): {STUDY_UID}.1.9, {STUDY_UID}.1.10" in comments
    assert f"(attribute-missing, Rows): {STUDY_UID}.1.11" in comments


def test_the_overall_density_of_one_breast_is_not_called_bilateral() -> None:
    study = study_of("LCC LMLO")
    findings = findings_of(study, {L: DENSITY_C})
    content = content_of((study, findings, EXPLANATION))
    assert group_of(content, "Density overall").side == "7771000"


@pytest.mark.parametrize(
    ("views", "procedure"),
    [("RCC LCC", "36626-0"), ("RCC RMLO", "37774-7"), ("LCC", "36627-8")],
)
def test_the_exact_procedure_stands_in_the_header(views: str, procedure: str) -> None:
    study = study_of(views)
    report = report_of((study, findings_of(study), EXPLANATION))
    assert report.PerformedProcedureCodeSequence[0].CodeValue == procedure


def test_the_patient_text_can_be_left_out() -> None:
    options = ReportOptions(include_patient_text=False)
    content = content_of(normal(), options)
    assert content.patient_text == ""
    assert not any("patient-friendly" in comment for comment in content.comments)
    check_report(report_of(normal(), options), *normal())


def test_a_text_without_a_printable_word_is_left_out() -> None:
    study, findings, words = normal()
    empty = replace(words, patient_text=" \x00\n ", summary="")
    report = report_of((study, findings, empty))
    check_report(report, study, findings, empty)
    assert read_content(report).patient_text == ""


def test_the_report_is_unverified_preliminary_and_a_series_of_its_own() -> None:
    study, _, _ = example = suspicious()
    report = report_of(example)
    assert (report.VerificationFlag, report.PreliminaryFlag) == ("UNVERIFIED", "PRELIMINARY")
    assert "VerifyingObserverSequence" not in report
    assert report.Modality == "SR"
    assert report.SeriesInstanceUID not in {v.source.series_instance_uid for v in study.views}
    assert "NOT FOR DIAGNOSTIC USE" in report.SeriesDescription
    assert len(report.SeriesDescription) <= 64


def test_the_algorithm_is_named_as_equipment_with_its_device_uid() -> None:
    report = report_of(normal())
    (equipment,) = report.ContributingEquipmentSequence
    assert equipment.PurposeOfReferenceCodeSequence[0].CodeValue == "109102"
    assert equipment.DeviceUID == read_content(report).algorithm.device_uid
    assert (equipment.ManufacturerModelName, equipment.SoftwareVersions) == ("MammoVLM", "0.1.0")


def test_the_weights_of_every_part_are_named_by_the_start_of_their_hash() -> None:
    parameters = content_of(normal()).algorithm.parameters
    assert any(p.startswith("density selector: ") and "sha256:" + "1" * 16 in p for p in parameters)
    assert any(p.startswith("language model: ") and "weights none" in p for p in parameters)


def test_the_private_codes_come_with_their_scheme() -> None:
    (scheme,) = report_of(normal()).CodingSchemeIdentificationSequence
    assert scheme.CodingSchemeDesignator == "99MAMMOVLM"
    assert scheme.CodingSchemeUID.is_valid


def test_a_report_names_its_predecessor() -> None:
    study, findings, words = normal()
    older = PredecessorReport(ReportOptions().sop_class_uid, "1.2.3.4", "1.2.3")
    report = structured_report(study, findings, words, older, OPTIONS)
    reference = report.PredecessorDocumentsSequence[0]
    assert reference.StudyInstanceUID == STUDY_UID
    series = reference.ReferencedSeriesSequence[0]
    assert series.SeriesInstanceUID == "1.2.3"
    assert series.ReferencedSOPSequence[0].ReferencedSOPInstanceUID == "1.2.3.4"
    check_report(report, study, findings, words)


def test_the_strict_class_of_ihe_ai_results_can_be_chosen() -> None:
    options = ReportOptions(sr_class="comprehensive3d")
    report = report_of(normal(), options)
    assert (
        report.SOPClassUID == report.file_meta.MediaStorageSOPClassUID == Comprehensive3DSRStorage
    )
    check_report(report, *normal())


def test_images_of_a_mosaic_get_groups_of_their_own() -> None:
    study, findings, words = normal()
    doubled = replace(findings.views[0], sop_instance_uid=f"{STUDY_UID}.1.20")
    second = replace(
        study.views[0], source=replace(study.views[0].source, sop_instance_uid=f"{STUDY_UID}.1.20")
    )
    study = replace(study, views=(study.views[0], second, *study.views[1:]))
    findings = replace(findings, views=(findings.views[0], doubled, *findings.views[1:]))
    report = structured_report(study, findings, words, None, OPTIONS)
    check_report(report, study, findings, words)
    titles = [g.title for g in read_content(report).groups if g.title.startswith("View RCC")]
    assert titles == ["View RCC", "View RCC (2)"]


def test_likelihoods_of_one_head_alone_are_written_alone() -> None:
    study = study_of()
    found = findings_of(study, presence={R: LOW}, suspicion={L: HIGH})
    content = content_of((study, found, EXPLANATION))
    assert set(group_of(content, "Assessment R").numbers) == {"PRESENCE"}
    assert set(group_of(content, "Assessment L").numbers) == {"BIRADS4-VS-3"}

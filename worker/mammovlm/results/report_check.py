"""The check before storing: the report, read back from its bytes, must say what was found.

What is expected is worked out here from the findings alone, not by the code that built the
report, so that a fault in the building is seen.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import partial
from itertools import product

from pydicom import Dataset
from pydicom.uid import ComprehensiveSRStorage

from mammovlm.findings import Explanation, Findings
from mammovlm.job import LateSuccession, PredecessorReport
from mammovlm.results import codes
from mammovlm.results.character_set import clean_text, fit_text
from mammovlm.results.content_tree import THRESHOLD, algorithm_parameters
from mammovlm.results.expected_groups import expected_groups
from mammovlm.results.image_library import view_modifiers
from mammovlm.results.object_check import check_object
from mammovlm.results.object_header import REPORT_SERIES
from mammovlm.results.qualitative_evaluations import gaps, limits, patient_text_origin
from mammovlm.results.report_content import (
    ReadAlgorithm,
    ReadImage,
    ReportContent,
    read_content,
    referenced_images,
)
from mammovlm.results.report_options import ReportOptions
from mammovlm.results.suggestions import processing_summary
from mammovlm.results.uids import ReportUids
from mammovlm.study import Study
from mammovlm.words import LANGUAGES


def check_report(
    report: Dataset,
    study: Study,
    findings: Findings,
    explanation: Explanation,
    late: LateSuccession | None = None,
) -> None:
    """Write the report, read it again, and compare all it says with the findings.

    Numbers are compared as they are written, in per cent with one decimal; texts after the
    report's character set has been applied.

    Parameters
    ----------
    report, study, findings, explanation
        The report, and what it was made from.
    late
        Where it names another predecessor than the one from which its UIDs follow.

    Raises
    ------
    ResultInvalid
        If the report cannot be written, read, or differs; the message names what differs.
    """

    def differences(stored: Dataset) -> Iterator[str]:
        content = read_content(stored)
        yield from _differences(stored, content, study, findings, explanation)
        yield from _in_uids(
            stored, content, study, findings, language=explanation.language, late=late
        )

    check_object("structured report", report, differences)


def _differences(
    stored: Dataset,
    content: ReportContent,
    study: Study,
    findings: Findings,
    explanation: Explanation,
) -> Iterator[str]:
    yield from _in_header(stored, study, findings)
    yield from _in_references(stored, study)
    yield from _in_library(content, study)
    yield from _in_algorithm(stored, content, findings)
    yield from _in_groups(stored, content, study, findings)
    yield from _in_words(stored, content, findings, explanation)


def _in_header(stored: Dataset, study: Study, findings: Findings) -> Iterator[str]:
    expected = {
        "Modality": "SR",
        "VerificationFlag": "UNVERIFIED",
        "PreliminaryFlag": "PRELIMINARY",
        "CompletionFlag": "PARTIAL" if findings.is_partial else "COMPLETE",
        "SeriesDescription": REPORT_SERIES.description,
        "StudyInstanceUID": study.study_instance_uid,
    }
    yield from (name for name, value in expected.items() if stored.get(name) != value)
    if "VerifyingObserverSequence" in stored:
        yield "VerifyingObserverSequence"


def _in_uids(
    stored: Dataset,
    content: ReportContent,
    study: Study,
    findings: Findings,
    *,
    language: str,
    late: LateSuccession | None,
) -> Iterator[str]:
    """Compare the UIDs with those that follow from the work.

    Whether the patient's text was wanted cannot be read from a report without one, nor whether the
    report itself is, so either choice is right.
    """
    is_plain = stored.SOPClassUID == ComprehensiveSRStorage
    options = ReportOptions(
        sr_class="comprehensive" if is_plain else "comprehensive3d",
        character_set=stored.SpecificCharacterSet,
        suspicion_threshold=_threshold(content),
    )
    choices = [
        replace(options, include_patient_text=has_text, is_stored=is_stored)
        for has_text, is_stored in product((True, False), repeat=2)
    ]
    before = _predecessor(stored)
    if late is not None:
        if before != late.named:
            yield "predecessor"
        before = late.of_job
    possible = [
        ReportUids(study, findings, choice, before, language=language) for choice in choices
    ]
    if stored.SOPInstanceUID not in {uids.report.sop_instance for uids in possible}:
        yield "SOPInstanceUID"
    if stored.SeriesInstanceUID not in {uids.report.series_instance for uids in possible}:
        yield "SeriesInstanceUID"


def _predecessor(stored: Dataset) -> PredecessorReport | None:
    for item in stored.get("PredecessorDocumentsSequence", ()):
        series = item.ReferencedSeriesSequence[0]
        sop = series.ReferencedSOPSequence[0]
        return PredecessorReport(
            str(sop.ReferencedSOPClassUID),
            str(sop.ReferencedSOPInstanceUID),
            str(series.SeriesInstanceUID),
        )
    return None


def _in_references(stored: Dataset, study: Study) -> Iterator[str]:
    evidence = {
        (
            str(item.StudyInstanceUID),
            str(series.SeriesInstanceUID),
            str(sop.ReferencedSOPClassUID),
            str(sop.ReferencedSOPInstanceUID),
        )
        for item in stored.CurrentRequestedProcedureEvidenceSequence
        for series in item.ReferencedSeriesSequence
        for sop in series.ReferencedSOPSequence
    }
    sources = [view.source for view in study.views]
    expected = {
        (study.study_instance_uid, s.series_instance_uid, s.sop_class_uid, s.sop_instance_uid)
        for s in sources
    }
    if evidence != expected:
        yield "evidence"
    listed = {(sop_class, instance) for _, _, sop_class, instance in evidence}
    if not set(referenced_images(stored)) <= listed:
        yield "references outside the evidence"


def _in_library(content: ReportContent, study: Study) -> Iterator[str]:
    expected = tuple(
        ReadImage(
            sop_class_uid=view.source.sop_class_uid,
            sop_instance_uid=view.source.sop_instance_uid,
            side=codes.SIDES[view.slot.laterality].value,
            view=codes.VIEWS[view.slot.position].value,
            modifiers=tuple(m.value for m in view_modifiers(view.source.header)),
        )
        for view in study.views
    )
    if content.images != expected:
        yield "image library"


def _in_algorithm(stored: Dataset, content: ReportContent, findings: Findings) -> Iterator[str]:
    algorithm = findings.algorithm
    expected = ReadAlgorithm(
        device_uid=algorithm.device_uid,
        name=_as_stored(algorithm.name, stored),
        version=_as_stored(algorithm.version, stored),
        manufacturer=_as_stored(algorithm.manufacturer, stored),
        parameters=_all_as_stored(algorithm_parameters(algorithm, _threshold(content)), stored),
    )
    if content.algorithm != expected:
        yield "algorithm"
    if stored.ContributingEquipmentSequence[0].DeviceUID != algorithm.device_uid:
        yield "contributing equipment"


def _in_groups(
    stored: Dataset, content: ReportContent, study: Study, findings: Findings
) -> Iterator[str]:
    """Compare group by group and name the fields that differ."""
    as_stored = partial(_as_stored, stored=stored)
    expected = expected_groups(study, findings, _threshold(content), as_stored)
    read = {group.title: group for group in content.groups}
    if len(read) != len(content.groups) or list(read) != list(expected):
        yield "measurement groups"
    for title in sorted(read.keys() & expected.keys()):
        yield from expected[title].differences(read[title])
    uids = [group.tracking_uid for group in content.groups]
    if len(set(uids)) != len(uids):
        yield "tracking identifiers"


def _in_words(
    stored: Dataset, content: ReportContent, findings: Findings, explanation: Explanation
) -> Iterator[str]:
    if content.summary_status != processing_summary(findings, _threshold(content)).value:
        yield "processing and findings summary"
    sentences = LANGUAGES[explanation.language]
    if content.language != explanation.language:
        yield "language"
    if stored.SpecificCharacterSet == "ISO_IR 100" and not sentences.latin_1:
        yield "character set, which cannot write the language"
    if content.summary != _as_stored(explanation.summary, stored):
        yield "summary"
    comments = [*gaps(findings, sentences)]
    if content.patient_text:
        comments.append(patient_text_origin(explanation))
        if content.patient_text != _as_stored(explanation.patient_text, stored):
            yield "patient text"
    comments += limits(findings, sentences)
    if content.comments != _all_as_stored(comments, stored):
        yield "comments"


def _threshold(content: ReportContent) -> float:
    """Read the threshold that the report says its suggestions were made with."""
    stated = [p for p in content.algorithm.parameters if p.startswith(THRESHOLD)]
    return float(stated[0].removeprefix(THRESHOLD))


def _as_stored(text: str, stored: Dataset) -> str:
    return fit_text(clean_text(text), str(stored.SpecificCharacterSet))


def _all_as_stored(texts: Iterable[str], stored: Dataset) -> tuple[str, ...]:
    return tuple(kept for text in texts if (kept := _as_stored(text, stored)))

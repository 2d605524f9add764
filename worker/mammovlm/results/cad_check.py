"""The check of a Mammography CAD SR before storing: read back, it must say what was found.

What is expected is worked out here from the findings alone, not by the code that built the tree.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from pydicom import Dataset

from mammovlm.findings import Findings
from mammovlm.results import codes
from mammovlm.results.cad_region_check import differences_in_regions
from mammovlm.results.cad_regions import LOCALISED
from mammovlm.results.cad_report import KIND
from mammovlm.results.cad_tree import NOT_LOCALISED
from mammovlm.results.character_set import clean_text, fit_text
from mammovlm.results.object_check import (
    check_object,
    differences_beside_report,
    differences_in_document,
)
from mammovlm.results.object_header import CAD_SERIES
from mammovlm.results.qualitative_evaluations import DISCLAIMER
from mammovlm.results.report_content import (
    code_value,
    items_named,
    only_item,
    referenced_images,
    texts_named,
)
from mammovlm.study import Study


@dataclass(frozen=True)
class ReadComposition:
    """One single image finding: the density of one view.

    Parameters
    ----------
    composition
        Code value of CID 6000.
    certainty
        In per cent, as written.
    """

    composition: str
    certainty: float


def check_cad_report(made: Dataset, report: Dataset, study: Study, findings: Findings) -> None:
    """Write the Mammography CAD SR, read it again, and compare it with findings and report.

    Raises
    ------
    ResultInvalid
        If it cannot be written, read, or differs; the message names what differs.
    """
    check_object(
        "Mammography CAD SR",
        made,
        partial(_differences, report=report, study=study, findings=findings),
    )


def _differences(
    stored: Dataset, report: Dataset, study: Study, findings: Findings
) -> Iterator[str]:
    yield from differences_beside_report(stored, report, KIND, CAD_SERIES)
    yield from differences_in_document(stored, study, findings, referenced_images(stored))
    yield from _in_library(stored, study)
    yield from _in_summaries(stored, findings)
    yield from _in_findings(stored, report, findings)
    yield from differences_in_regions(stored, findings)
    yield from _in_words(stored, findings)


def _in_library(stored: Dataset, study: Study) -> Iterator[str]:
    entries = only_item(stored, codes.IMAGE_LIBRARY).ContentSequence
    read = [
        (
            str(entry.ReferencedSOPSequence[0].ReferencedSOPInstanceUID),
            code_value(entry, codes.IMAGE_LATERALITY),
            code_value(entry, codes.IMAGE_VIEW),
        )
        for entry in entries
    ]
    expected = [
        (
            view.source.sop_instance_uid,
            codes.BREASTS[view.slot.laterality].value,
            codes.VIEWS[view.slot.position].value,
        )
        for view in study.views
    ]
    if read != expected:
        yield "image library"


def _in_summaries(stored: Dataset, findings: Findings) -> Iterator[str]:
    with_density = [view.sop_instance_uid for view in findings.views if view.density]
    with_findings = (
        codes.PARTIAL_WITH_FINDINGS if findings.is_partial else codes.SUCCEEDED_WITH_FINDINGS
    )
    searched = any(view.was_searched for view in findings.views)
    found = with_density or any(view.regions for view in findings.views)
    expected = {
        codes.PROCESSING_SUMMARY: with_findings if found else codes.NONE_SUCCEEDED,
        codes.SUMMARY_OF_DETECTIONS: codes.SUCCEEDED if searched else codes.NOT_ATTEMPTED,
        codes.SUMMARY_OF_ANALYSES: codes.SUCCEEDED if with_density else codes.NOT_ATTEMPTED,
    }
    for name, value in expected.items():
        if code_value(stored, name) != value.value:
            yield name.meaning
    analyses = only_item(stored, codes.SUMMARY_OF_ANALYSES)
    analysed = [instance for _, instance in referenced_images(analyses)]
    if analysed != with_density:
        yield "analysed images"


def _in_findings(stored: Dataset, report: Dataset, findings: Findings) -> Iterator[str]:
    summary = only_item(stored, codes.PROCESSING_SUMMARY)
    impressions = [list(_read(item)) for item in items_named(summary, codes.INDIVIDUAL_IMPRESSION)]
    tracked = _tracked_in(report)
    expected = [
        [
            (codes.DENSITIES[view.density.category].value, round(100 * view.density.probability, 1))
            for view in findings.views
            if view.slot.laterality is breast.laterality and view.density is not None
        ]
        for breast in findings.breasts
    ]
    said = [[(one.composition, one.certainty) for one in impression] for impression in impressions]
    if list(filter(None, said)) != list(filter(None, expected)):
        yield "breast composition"
    for name, uid in _tracking(summary):
        if tracked.get(name) != uid:
            yield f"tracking of {name}"


def _tracking(summary: Dataset) -> Iterator[tuple[str, str]]:
    for impression in items_named(summary, codes.INDIVIDUAL_IMPRESSION):
        for finding in items_named(impression, codes.SINGLE_IMAGE_FINDING):
            name = "".join(texts_named(finding, codes.TRACKING_IDENTIFIER))
            yield name, str(only_item(finding, codes.TRACKING_UID).UID)


def _read(impression: Dataset) -> Iterator[ReadComposition]:
    for finding in items_named(impression, codes.SINGLE_IMAGE_FINDING):
        if finding.ConceptCodeSequence[0].CodeValue != codes.BREAST_COMPOSITION.value:
            continue
        certainty = only_item(finding, codes.CERTAINTY_OF_FINDING)
        yield ReadComposition(
            composition=code_value(finding, codes.BREAST_COMPOSITION),
            certainty=float(certainty.MeasuredValueSequence[0].NumericValue),
        )


def _tracked_in(report: Dataset) -> dict[str, str]:
    groups = items_named(only_item(report, codes.IMAGING_MEASUREMENTS), codes.MEASUREMENT_GROUP)
    return {
        "".join(texts_named(group, codes.TRACKING_IDENTIFIER)): str(
            only_item(group, codes.TRACKING_UID).UID
        )
        for group in groups
    }


def _in_words(stored: Dataset, findings: Findings) -> Iterator[str]:
    """Look for every density, gap and limit of use in the words."""
    character_set = str(stored.SpecificCharacterSet)
    summary = only_item(stored, codes.PROCESSING_SUMMARY)
    said = " ".join(texts_named(summary, codes.IMPRESSION_DESCRIPTION))
    densities = [*(breast.density for breast in findings.breasts), findings.density]
    expected = [
        *(f": {d.category} (" for d in densities if d is not None),
        *(f"{100 * d.probability:.1f} %" for d in densities if d is not None),
        *(f"Missing view: {slot}." for slot in findings.missing),
        LOCALISED if any(view.was_searched for view in findings.views) else NOT_LOCALISED,
        findings.algorithm.training_note,
        DISCLAIMER,
    ]
    if any(fit_text(clean_text(words), character_set) not in said for words in expected):
        yield "words"
    names = {*texts_named(summary, codes.ALGORITHM_NAME)}
    if names != {fit_text(clean_text(findings.algorithm.name), character_set)}:
        yield "algorithm"

"""The result of one study as JSON: what `mammovlm analyze` writes beside the report.

Its schema, with a description of every property, is ``result.schema.json`` in this folder.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import cache
from importlib.resources import files
from typing import Any

from pydicom import Dataset

from mammovlm.findings import (
    Algorithm,
    BreastFindings,
    Density,
    DensityCategory,
    Explanation,
    Findings,
    Likelihood,
    ViewFindings,
)
from mammovlm.results import codes
from mammovlm.results.report_content import ReadGroup, read_content
from mammovlm.study import LeftOut, Slot, Study, View
from mammovlm.words import LANGUAGES

VERSION = 1


def result_document(
    study: Study,
    findings: Findings,
    explanation: Explanation,
    report: Dataset,
    *,
    objects: Sequence[Dataset],
    timings_s: Mapping[str, float],
) -> dict[str, Any]:
    """Make the JSON document of one study; it holds identifiers but no patient data.

    Numbers are unrounded here, 0..1. Status and suggested categories are taken from the structured
    report, so that both say the same.

    Parameters
    ----------
    study, findings, explanation
        What was read, found and said.
    report
        The structured report.
    objects
        What was stored; the first is named as the result.
    timings_s
        Seconds per stage.

    Raises
    ------
    ValueError
        If the report is not one of ours.
    """
    content = read_content(report)
    groups = {group.title: group for group in content.groups}
    views = {view.source.sop_instance_uid: view for view in study.views}
    return {
        "version": VERSION,
        "study_instance_uid": study.study_instance_uid,
        "status": "partial" if findings.is_partial else "done",
        "disclaimer": LANGUAGES[explanation.language].report.disclaimer,
        "views": [_view(view, views[view.sop_instance_uid]) for view in findings.views],
        "breasts": [_breast(breast, groups) for breast in findings.breasts],
        "density": _density(findings.density),
        "missing": [str(slot) for slot in findings.missing],
        "left_out": [_left_out(image) for image in findings.left_out],
        "not_available": list(findings.not_available),
        "explanation": _explanation(explanation, wants_patient_text=bool(content.patient_text)),
        "report": _report(report, objects[0]),
        "objects": [_object(each) for each in objects],
        "algorithm": _algorithm(findings.algorithm),
        "timings_s": dict(timings_s),
    }


@cache
def result_schema() -> dict[str, Any]:
    """Load the JSON schema (draft 2020-12) of the document."""
    text = files("mammovlm.results").joinpath("result.schema.json").read_text("utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema


def _view(view: ViewFindings, read: View) -> dict[str, Any]:
    source = read.source
    return {
        **_slot(view.slot),
        "sop_instance_uid": view.sop_instance_uid,
        "sop_class_uid": source.sop_class_uid,
        "series_instance_uid": source.series_instance_uid,
        "rows": source.rows,
        "columns": source.columns,
        "spacing_mm": None if read.spacing_mm is None else list(read.spacing_mm),
        "for_presentation": source.for_presentation,
        "expert": view.expert,
        "density": _density(view.density),
        "suspicion": view.suspicion,
        "regions": [asdict(region) for region in view.regions] if view.was_searched else None,
    }


def _slot(slot: Slot) -> dict[str, str]:
    return {"view": str(slot), "laterality": slot.laterality.value, "position": slot.position.value}


def _breast(breast: BreastFindings, groups: Mapping[str, ReadGroup]) -> dict[str, Any]:
    return {
        "laterality": breast.laterality.value,
        "density": _density(breast.density),
        "presence": _likelihood(breast.presence),
        "suspicion": _likelihood(breast.suspicion),
        "suggested_category": _category(groups.get(f"Assessment {breast.laterality}")),
    }


def _category(group: ReadGroup | None) -> str | None:
    letters = {codes.CATEGORY_3.value: "3", codes.CATEGORY_4.value: "4"}
    written = group.evaluations.get(codes.ASSESSMENT_CATEGORY.value) if group else None
    return None if written is None else letters[written]


def _density(density: Density | None) -> dict[str, Any] | None:
    if density is None:
        return None
    return {
        "category": density.category.value,
        "probabilities": dict(
            zip((c.value for c in DensityCategory), density.probabilities, strict=True)
        ),
    }


def _likelihood(likelihood: Likelihood | None) -> dict[str, Any] | None:
    if likelihood is None:
        return None
    return {
        "value": likelihood.value,
        "low": likelihood.low,
        "high": likelihood.high,
        "calibrated": likelihood.calibrated,
    }


def _left_out(image: LeftOut) -> dict[str, str]:
    return {
        "sop_instance_uid": image.sop_instance_uid,
        "reason": image.reason.value,
        "detail": image.detail,
    }


def _explanation(explanation: Explanation, *, wants_patient_text: bool) -> dict[str, Any]:
    """Give the words; a site that leaves the patient's draft out of the report wants none here."""
    return {
        "summary": explanation.summary,
        "patient_text": explanation.patient_text if wants_patient_text else "",
        "origin": explanation.origin.value,
        "reading_grade": explanation.reading_grade,
        "characters_per_sentence": explanation.characters_per_sentence,
        "refused_because": explanation.refused_because,
        "language": explanation.language,
    }


def _object(stored: Dataset) -> dict[str, str]:
    return {
        "sop_class_uid": str(stored.SOPClassUID),
        "sop_instance_uid": str(stored.SOPInstanceUID),
        "series_instance_uid": str(stored.SeriesInstanceUID),
        "modality": str(stored.Modality),
        "series_description": str(stored.SeriesDescription),
    }


def _report(report: Dataset, named: Dataset) -> dict[str, str]:
    return {
        "sop_class_uid": str(named.SOPClassUID),
        "sop_instance_uid": str(named.SOPInstanceUID),
        "series_instance_uid": str(named.SeriesInstanceUID),
        "completion": str(report.CompletionFlag),
        "processing_summary": read_content(report).summary_status,
    }


def _algorithm(algorithm: Algorithm) -> dict[str, Any]:
    return {
        "name": algorithm.name,
        "manufacturer": algorithm.manufacturer,
        "version": algorithm.version,
        "preset": algorithm.preset,
        "device_uid": algorithm.device_uid,
        "training_note": algorithm.training_note,
        "parts": [
            {
                "name": part.name,
                "architecture": part.architecture,
                "weights_sha256": part.weights_sha256,
                "trained_on": part.trained_on,
            }
            for part in algorithm.parts
        ],
    }

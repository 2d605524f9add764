"""Writes and checks the DICOM objects of a study whose headers were damaged."""

from functools import lru_cache

from mammovlm.explanation import explain
from mammovlm.findings import BreastFindings, Findings, ViewFindings
from mammovlm.results import ObjectOptions, check_objects, result_objects
from mammovlm.settings import Settings
from mammovlm.study import HANGING_ORDER, Laterality, Study
from report_examples import ALGORITHM, DENSITY_B, LOW


@lru_cache(1)
def _options() -> ObjectOptions:
    return ObjectOptions.from_settings(Settings(pdf_report=False))


def objects_hold(study: Study) -> None:
    """Write the objects of a study and check them, as the pipeline does.

    Raises
    ------
    ResultInvalid
        If a header led to an object that the archive should not have.
    """
    findings = _findings(study)
    explanation = explain(findings, None, "en-US", 0.5)
    objects = result_objects(study, findings, explanation, None, _options())
    check_objects(objects, study, findings, explanation, _options())


def _findings(study: Study) -> Findings:
    views = tuple(
        ViewFindings(view.slot, view.source.sop_instance_uid, DENSITY_B, "convnext", 0.2)
        for view in study.views
    )
    sides = [s for s in Laterality if any(view.slot.laterality is s for view in views)]
    return Findings(
        study_instance_uid=study.study_instance_uid,
        views=views,
        breasts=tuple(BreastFindings(side, DENSITY_B, LOW, LOW) for side in sides),
        density=DENSITY_B,
        missing=tuple(slot for slot in HANGING_ORDER if slot not in {v.slot for v in views}),
        left_out=study.left_out,
        not_available=(),
        algorithm=ALGORITHM,
    )

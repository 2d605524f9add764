"""Assesses labelled exams with the very code that the worker runs: read, model, findings.

What an exam gave is kept in a journal, so that a run that was stopped goes on where it was.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter
from typing import Final

from mammovlm.errors import StudyRejected
from mammovlm.explanation.facts import score_range
from mammovlm.findings import Density, Likelihood
from mammovlm.imaging import ReadingLimits, read_study
from mammovlm.job import StoredInstance
from mammovlm.model import MammoVLM, ModelOutput
from mammovlm.study import Study
from mammovlm.training.evaluation_labels import LabelledExam
from mammovlm.training.evaluation_pointing import pointing_of
from mammovlm.training.evaluation_scores import (
    BreastScores,
    ExamOutcome,
    Shares,
    StudyScores,
    age_band,
)
from mammovlm.training.json_lines import JsonLines
from mammovlm.training.lesion_places import LesionPlaces
from mammovlm.training.study_branches import StudyProbe
from mammovlm.training.study_evaluation_sources import ExamSource
from mammovlm.training.study_files import files_by_study

_log = logging.getLogger(__name__)

FILE_MISSING: Final = "file-missing"
NOT_DICOM: Final = "not-dicom"
INTERNAL_ERROR: Final = "internal-error"


class Journal:
    """Outcomes of exams, kept as they come.

    Parameters
    ----------
    path
        See `JsonLines`.
    device_uid
        Outcomes of other weights are kept but not given.
    """

    def __init__(self, path: Path, device_uid: str) -> None:
        self._lines = JsonLines(path, ExamOutcome)
        self._known = {
            outcome.key: outcome
            for outcome in self._lines.read()
            if outcome.device_uid == device_uid
        }

    def find(self, key: str) -> ExamOutcome | None:
        """Give what an earlier run found, with the same weights."""
        return self._known.get(key)

    def add(self, outcome: ExamOutcome) -> None:
        """Keep an outcome; one that a fault of the software cut short is tried again next time."""
        self._known[outcome.key] = outcome
        if INTERNAL_ERROR not in outcome.refusals:
            self._lines.append(outcome)


@dataclass(frozen=True)
class Assessor:
    """What looks at a study.

    Parameters
    ----------
    model
        The worker's.
    probe
        Asks its parts for more.
    limits
        Of reading.
    threshold
        Of the suspicion, as a report words it.
    """

    model: MammoVLM
    probe: StudyProbe
    limits: ReadingLimits
    threshold: float


def assess_exams(
    source: ExamSource,
    assessor: Assessor,
    journal: Journal,
    told: Callable[[int], None] = lambda done: None,
) -> tuple[ExamOutcome, ...]:
    """Assess every exam that the journal does not hold yet, or holds less of than is asked now.

    Parameters
    ----------
    told
        Called with the number of exams done.
    """
    outcomes: list[ExamOutcome] = []
    told(0)
    for exam in source.exams:
        outcome = journal.find(exam.key)
        if outcome is None or not _says_enough(outcome, source, assessor):
            outcome = _assess_exam(exam, source, assessor)
            journal.add(outcome)
        outcomes.append(outcome)
        told(len(outcomes))
    return tuple(outcomes)


def _says_enough(outcome: ExamOutcome, source: ExamSource, assessor: Assessor) -> bool:
    """Tell whether an earlier run asked everything that this one asks."""
    return all(
        assessor.probe.knows(study.branches)
        and (study.pointing is not None or not source.tells_places)
        for study in outcome.studies
    )


def _assess_exam(exam: LabelledExam, source: ExamSource, assessor: Assessor) -> ExamOutcome:
    device_uid = assessor.model.algorithm.device_uid
    with source.files(exam) as files:
        if not all(file.is_file() for file in files.paths):
            return ExamOutcome(exam.key, device_uid, refusals=(FILE_MISSING,))
        studies, refusals = list[StudyScores](), list[str]()
        for uid, instances in _as_archived(files.paths):
            if uid is None:
                refusals.append(NOT_DICOM)
                continue
            try:
                study, seconds, output = _assess_study(uid, instances, assessor)
                vendor = source.vendor(study.views[0].source.header)
                scores = _scores(study, output, exam, files.places, assessor)
                studies.append(replace(scores, vendor=vendor, seconds=round(seconds, 3)))
            except StudyRejected as rejected:
                refusals.append(rejected.reason.value)
            except Exception as fault:  # noqa: BLE001 - one exam must not end hours of measuring
                _log.warning("An exam broke the software: %s", type(fault).__name__)
                refusals.append(INTERNAL_ERROR)
    return ExamOutcome(exam.key, device_uid, tuple(studies), tuple(refusals))


def _as_archived(files: Sequence[Path]) -> list[tuple[str | None, list[StoredInstance]]]:
    """Group files by study; what is no DICOM goes with the first one, if any."""
    studies, others = files_by_study(files)
    if not studies:
        return [(None, others)]
    next(iter(studies.values())).extend(others)
    return list(studies.items())


def _assess_study(
    uid: str, instances: Sequence[StoredInstance], assessor: Assessor
) -> tuple[Study, float, ModelOutput]:
    """Do what the worker does, and tell how many seconds it took."""
    start = perf_counter()
    study = read_study(uid, instances, (), assessor.limits)
    output = assessor.model.assess(study)
    return study, perf_counter() - start, output


def _scores(
    study: Study,
    output: ModelOutput,
    exam: LabelledExam,
    places: LesionPlaces | None,
    assessor: Assessor,
) -> StudyScores:
    findings = output.findings
    return StudyScores(
        density=_shares(findings.density),
        breasts=tuple(
            BreastScores(
                breast.laterality,
                _shares(breast.density),
                _value(breast.presence),
                _value(breast.suspicion),
                score_range(breast, assessor.threshold),
            )
            for breast in findings.breasts
        ),
        expert=findings.views[0].expert,
        complete=not findings.missing,
        vendor="",
        age_band=age_band(study.views[0].metadata.get("age", "")),
        seconds=0.0,
        branches=assessor.probe.branches(study, output, exam.reports),
        zero_shot=assessor.probe.zero_shot(study, output),
        pointing=None if places is None else pointing_of(study, output, places),
    )


def _shares(density: Density | None) -> Shares | None:
    return None if density is None else density.probabilities


def _value(likelihood: Likelihood | None) -> float | None:
    return None if likelihood is None else likelihood.value

"""The way of one study: fetch, read, model, findings, explanation, DICOM objects, store."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from time import perf_counter

from pydicom import Dataset

from mammovlm.archive import Archive
from mammovlm.explanation import explain
from mammovlm.findings import Explanation, Findings
from mammovlm.imaging import ReadingLimits, read_study
from mammovlm.job import AnalysisJob
from mammovlm.model import MammoVLM
from mammovlm.results import ReportOptions, check_report, structured_report
from mammovlm.settings import Settings
from mammovlm.study import Study


@dataclass(frozen=True)
class Analysis:
    """One study, analysed and stored.

    Parameters
    ----------
    study, findings, explanation
        What was read, found and said.
    report
        The structured report as it was stored.
    timings_s
        Seconds per stage, in order.
    """

    study: Study = field(repr=False)
    findings: Findings
    explanation: Explanation
    report: Dataset = field(repr=False)
    timings_s: Mapping[str, float]


def analyse(job: AnalysisJob, archive: Archive, model: MammoVLM, settings: Settings) -> Analysis:
    """Analyse one study and store its report.

    Raises
    ------
    StudyRejected
        If the study cannot be analysed.
    ArchiveUnavailable
        If the archive does not answer.
    ResultInvalid
        If the report does not say what the findings say.
    """
    stage = _Stopwatch()
    with stage("fetch"):
        instances = archive.fetch(job)
    with stage("read"):
        limits = ReadingLimits.from_settings(settings)
        study = read_study(job.study_instance_uid, instances, job.left_out, limits)
    with stage("model"):
        output = model.assess(study)
    with stage("explain"):
        slots = [view.slot for view in output.findings.views]
        write = partial(model.write, embeddings=output.embeddings, slots=slots)
        asked = write if settings.include_patient_text else None
        explanation = explain(
            output.findings, asked, settings.language, settings.suspicion_threshold
        )
    with stage("report"):
        options = ReportOptions.from_settings(settings)
        report = structured_report(study, output.findings, explanation, job.predecessor, options)
    with stage("check"):
        check_report(report, study, output.findings, explanation)
    with stage("store"):
        archive.store(study.study_instance_uid, [report])
    return Analysis(study, output.findings, explanation, report, stage.seconds)


class _Stopwatch:
    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def __call__(self, stage: str) -> Iterator[None]:
        start = perf_counter()
        try:
            yield
        finally:
            self.seconds[stage] = round(perf_counter() - start, 4)

"""The way of one study: fetch, read, model, findings, explanation, DICOM objects, store."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import perf_counter

from pydicom import Dataset

from mammovlm.archive import Archive
from mammovlm.errors import ResultInvalid, StudyRejected
from mammovlm.explanation import explain
from mammovlm.findings import Explanation, Findings
from mammovlm.imaging import ReadingLimits, read_study, readable_headers
from mammovlm.job import AnalysisJob, StoredInstance
from mammovlm.model import Model
from mammovlm.model.write_request import about_views
from mammovlm.results import (
    ObjectOptions,
    Refusal,
    check_objects,
    check_refusal_report,
    put_in_line,
    refusal_report,
    result_objects,
    stored_objects,
)
from mammovlm.settings import Settings
from mammovlm.study import Study

_FAILED = (
    "The result failed its own check and was not stored. This is a fault of the software; please "
    "report it."
)


@dataclass(frozen=True)
class Analysis:
    """One study, analysed and stored.

    Parameters
    ----------
    study, findings, explanation
        What was read, found and said.
    report
        The structured report; stored as well, unless the site wants none.
    objects
        The DICOM objects as they were stored.
    timings_s
        Seconds per stage, in order.
    """

    study: Study = field(repr=False)
    findings: Findings
    explanation: Explanation
    report: Dataset = field(repr=False)
    objects: tuple[Dataset, ...] = field(repr=False)
    timings_s: Mapping[str, float]

    @property
    def principal(self) -> Dataset:
        """The object that status, page and re-runs name: the report, if it was stored."""
        return self.objects[0]


def analyse(job: AnalysisJob, archive: Archive, model: Model, settings: Settings) -> Analysis:
    """Analyse one study and store its result objects, or, where wanted, why there are none.

    Raises
    ------
    StudyRejected
        If the study cannot be analysed.
    ArchiveUnavailable
        If the archive does not answer.
    ModelFailed, ModelUnavailable
        If a model in another process fails, or ends.
    ResultInvalid
        If an object does not say what the findings say.
    """
    stage = _Stopwatch()
    with stage("fetch"):
        fetched = _Fetched(job, archive.fetch(job), archive, model, settings)
    try:
        return _analyse_fetched(fetched, stage)
    except (StudyRejected, ResultInvalid) as refused:
        if settings.refusal_report:
            _store_refusal(fetched, refused)
        raise


@dataclass(frozen=True)
class _Fetched:
    """A job with what the archive holds for it, and what it is done with."""

    job: AnalysisJob
    instances: Sequence[StoredInstance]
    archive: Archive
    model: Model
    settings: Settings


def _analyse_fetched(fetched: _Fetched, stage: "_Stopwatch") -> Analysis:
    job, model, settings = fetched.job, fetched.model, fetched.settings
    with stage("read"):
        limits = ReadingLimits.from_settings(settings)
        study = read_study(job.study_instance_uid, fetched.instances, job.left_out, limits)
    with stage("model"):
        output = model.assess(study)
    findings = output.findings
    with stage("explain"):
        slots = [view.slot for view in findings.views]
        write = about_views(model.write, output.embeddings, slots)
        asked = write if settings.include_patient_text else None
        explanation = explain(findings, asked, settings.language, settings.suspicion_threshold)
    with stage("objects"):
        options = ObjectOptions.from_settings(settings)
        objects = result_objects(
            study, findings, explanation, job.predecessor, options, evidence=output.evidence
        )
        before = fetched.archive.documents(job.study_instance_uid) if job.run > 1 else ()
        late = put_in_line(objects, job, before)
    with stage("check"):
        check_objects(
            objects, study, findings, explanation, options, evidence=output.evidence, late=late
        )
    with stage("store"):
        stored = stored_objects(objects, options)
        fetched.archive.store(study.study_instance_uid, stored)
    return Analysis(study, findings, explanation, objects[0], stored, stage.seconds)


def _store_refusal(fetched: _Fetched, refused: StudyRejected | ResultInvalid) -> None:
    """Store why a study has no result; not where no image says whose study it is, or two do."""
    job, settings = fetched.job, fetched.settings
    limits = ReadingLimits.from_settings(settings)
    headers = readable_headers(job.study_instance_uid, fetched.instances, limits)
    patients = {str(header.get("PatientID") or "") for header in headers} - {""}
    if not headers or len(patients) > 1:
        return
    rejected = isinstance(refused, StudyRejected)
    refusal = Refusal(
        study_instance_uid=job.study_instance_uid,
        status="rejected" if rejected else "failed",
        reason=refused.reason.value if isinstance(refused, StudyRejected) else "result-invalid",
        text=str(refused) if rejected else _FAILED,
        algorithm=fetched.model.algorithm,
        headers=headers,
        predecessor=job.predecessor,
        language=settings.language,
        detail=refused.detail if isinstance(refused, StudyRejected) else "",
    )
    report = refusal_report(refusal, ObjectOptions.from_settings(settings).report)
    check_refusal_report(report, refusal)
    fetched.archive.store(job.study_instance_uid, [report])


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

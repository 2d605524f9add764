"""Which report a new one follows, where another was stored after its job had been written."""

from collections.abc import Iterable, Sequence

from pydicom import Dataset

from mammovlm.job import AnalysisJob, LateSuccession, StoredDocument
from mammovlm.results.object_header import (
    CAD_SERIES,
    PDF_SERIES,
    REPORT_SERIES,
    study_reference,
)

_PREFERENCE = (CAD_SERIES.description, PDF_SERIES.description, REPORT_SERIES.description)
"""Our documents, the one last that stands for a result (`result_objects.stored_objects`)."""
_DOCUMENTS = frozenset({"SR", "DOC"})


def put_in_line(
    objects: Sequence[Dataset], job: AnalysisJob, stored: Iterable[StoredDocument]
) -> LateSuccession | None:
    """Give the documents of a result the number of their run, and the newest one before to name.

    A job names the report that was known when it was decided on. An earlier run may have stored one
    since, or stored one and never told. The UIDs stay those that follow from the job, so a job that
    is delivered twice finds its own report, which is none before it.

    Parameters
    ----------
    objects
        Made for the job; their Instance Number (0020,0013) and Predecessor Documents Sequence
        (0040,A360) are set.
    job
        What they were made for.
    stored
        The documents that the archive holds in the study.

    Returns
    -------
    LateSuccession or None
        None where the objects name what their job names.
    """
    documents = [one for one in objects if one.Modality in _DOCUMENTS]
    for document in documents:
        document.InstanceNumber = job.run
    own = {str(one.SOPInstanceUID) for one in objects}
    before = [one for one in stored if one.reference.sop_instance_uid not in own]
    latest = _latest(before, job)
    if latest is None or latest.reference == job.predecessor:
        return None
    for document in documents:
        named = study_reference(job.study_instance_uid, [latest.reference])
        document.PredecessorDocumentsSequence = [named]
    return LateSuccession(named=latest.reference, of_job=job.predecessor)


def _latest(stored: Iterable[StoredDocument], job: AnalysisJob) -> StoredDocument | None:
    """Find the newest of our documents of this run or one before: a later run may be done first."""
    ours = [
        one for one in stored if one.series_description in _PREFERENCE and one.number <= job.run
    ]
    return max(
        ours,
        key=lambda one: (
            one.number,
            one.reference == job.predecessor,
            _PREFERENCE.index(one.series_description),
        ),
        default=None,
    )

"""A DICOMweb archive: WADO-RS for images as they are stored, STOW-RS for reports (PS3.18)."""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO
from itertools import count

import requests
from dicomweb_client import DICOMwebClient
from pydicom import Dataset, dcmread, dcmwrite
from requests_toolbelt.multipart.decoder import (
    ImproperBodyPartContentException,
    MultipartDecoder,
    NonMultipartContentTypeException,
)

from mammovlm.archive.session import may_pass, session_of, timeouts
from mammovlm.errors import ArchiveUnavailable, RejectionReason, ResultInvalid, StudyRejected
from mammovlm.job import (
    AnalysisJob,
    InstanceReference,
    PredecessorReport,
    StoredDocument,
    StoredInstance,
)
from mammovlm.settings import Settings

_log = logging.getLogger(__name__)
_AS_STORED = 'multipart/related; type="application/dicom"; transfer-syntax=*'


class _Refused(Exception):
    """Raised when the archive refuses a request for good; the message is the HTTP status."""


class DicomWebArchive:
    """Fetches from and stores to an archive by DICOMweb.

    Images are fetched as bytes, in the transfer syntax in which they are stored: decoding is the
    reader's work, and a damaged image must reach it as it is. dicomweb-client parses what it
    fetches, so it is asked to store only.

    Parameters
    ----------
    url
        DICOMweb root.
    session
        With authentication and the certificates to trust.
    timeout_s
        Longest wait for a connection, and between two bytes of an answer.
    """

    def __init__(self, url: str, session: requests.Session, timeout_s: float) -> None:
        self._url = url.rstrip("/")
        self._session = session
        self._timeout = timeouts(timeout_s)
        self._client = DICOMwebClient(self._url, session=session, timeout=self._timeout)
        self._client.set_http_retry_params(retry=False)  # retries have one owner

    @classmethod
    def from_settings(cls, settings: Settings) -> "DicomWebArchive":
        """Connect as the settings say."""
        return cls(settings.dicomweb_url, session_of(settings), settings.archive_timeout_s)

    def fetch(self, job: AnalysisJob) -> tuple[StoredInstance, ...]:
        """Fetch the images of a job, or every object of its study; see `Archive.fetch`.

        An image that the archive no longer holds comes as empty content, so that it is left out
        with a reason while the others go on.
        """
        study = f"{self._url}/studies/{job.study_instance_uid}"
        if not job.instances:
            parts = self._get(study)
            found = [StoredInstance(f"part {n}", part) for n, part in zip(count(1), parts)]
        else:
            found = [self._fetch_instance(study, instance) for instance in job.instances]
        if not any(instance.content for instance in found):
            raise StudyRejected(RejectionReason.NO_IMAGE_FOUND)
        return tuple(found)

    def documents(self, study_instance_uid: str) -> tuple[StoredDocument, ...]:
        """Search a study for its documents (QIDO-RS, PS3.18 10.6); see `Archive.documents`.

        None are found where the archive does not offer the search: the report then names the
        earlier one that its job names, and no study fails of it.
        """
        try:
            found = [
                *self._search(study_instance_uid, "SR"),
                *self._search(study_instance_uid, "DOC"),
            ]
        except _Refused as refused:
            _log.warning("the archive refuses the search for earlier results (%s)", refused)
            return ()
        return tuple(map(_document, found))

    def store(self, study_instance_uid: str, datasets: Sequence[Dataset]) -> None:
        """Store objects in a study; see `Archive.store`."""
        files = [_as_file(dataset) for dataset in datasets]
        try:
            with _faults_named():
                answer = self._client.store_instances(files, study_instance_uid)
        except _Refused as refused:
            raise ResultInvalid(f"the archive refused the result: {refused}") from refused
        _refuse_what_failed(answer)
        _refuse_what_is_not_confirmed(answer, datasets)

    def _search(self, study_instance_uid: str, modality: str) -> Iterator[Dataset]:
        with _faults_named():
            answer = self._client.search_for_instances(
                study_instance_uid,
                fields=["SeriesDescription", "InstanceNumber"],
                search_filters={"Modality": modality},
            )
        return map(Dataset.from_json, answer)

    def _fetch_instance(self, study: str, instance: InstanceReference) -> StoredInstance:
        path = f"series/{instance.series_instance_uid}/instances/{instance.sop_instance_uid}"
        parts = self._get(f"{study}/{path}")
        return StoredInstance(instance.sop_instance_uid, parts[0] if parts else b"")

    def _get(self, url: str) -> list[bytes]:
        """Get the parts of a multipart answer; none where the archive holds nothing there."""
        with _faults_named():
            response = self._session.get(url, headers={"Accept": _AS_STORED}, timeout=self._timeout)
            if response.status_code == requests.codes.not_found:
                return []
            if not response.ok:
                raise ArchiveUnavailable(f"the archive answered HTTP {response.status_code}")
            return [part.content for part in MultipartDecoder.from_response(response).parts]


def _document(found: Dataset) -> StoredDocument:
    return StoredDocument(
        PredecessorReport(found.SOPClassUID, found.SOPInstanceUID, found.SeriesInstanceUID),
        str(found.get("SeriesDescription") or ""),
        int(found.get("InstanceNumber") or 0),
    )


def _refuse_what_failed(answer: Dataset) -> None:
    """Look at Failed SOP Sequence (0008,1198) of a STOW-RS answer (PS3.18 table I.2-2)."""
    reasons = {int(item.get("FailureReason", 0)) for item in answer.get("FailedSOPSequence") or ()}
    told = ", ".join(f"0x{reason:04X}" for reason in sorted(reasons))
    if any(not _may_pass(reason) for reason in reasons):
        raise ResultInvalid(f"the archive refused the result: failure reason {told}")
    if reasons:
        raise ArchiveUnavailable(f"the archive could not store the result: failure reason {told}")


def _may_pass(failure_reason: int) -> bool:
    """Tell out of resources (A7xx, 0213) and processing failure (0110) from a refusal for good."""
    return failure_reason in {0x0110, 0x0213} or failure_reason & 0xFF00 == 0xA700


def _refuse_what_is_not_confirmed(answer: Dataset, datasets: Sequence[Dataset]) -> None:
    """Hold the archive to Referenced SOP Sequence (0008,1199).

    With its disk full, Orthanc 1.10 answers 200 OK and names no object at all, neither as failed
    nor as stored.
    """
    stored = {
        item.get("ReferencedSOPInstanceUID") for item in answer.get("ReferencedSOPSequence") or ()
    }
    missing = [dataset for dataset in datasets if dataset.SOPInstanceUID not in stored]
    if missing:
        raise ArchiveUnavailable(
            f"the archive confirmed {len(datasets) - len(missing)} of {len(datasets)} objects"
        )


def _as_file(dataset: Dataset) -> Dataset:
    """Write and read back, so that what is sent has its preamble and file meta information."""
    buffer = BytesIO()
    dcmwrite(buffer, dataset, enforce_file_format=True)
    buffer.seek(0)
    return dcmread(buffer)


@contextmanager
def _faults_named() -> Iterator[None]:
    """Name what went wrong with a request: the archive is away, or it refuses what we ask."""
    try:
        yield
    except requests.HTTPError as error:
        status = error.response.status_code if error.response is not None else 0
        if may_pass(status):
            raise ArchiveUnavailable(f"the archive answered HTTP {status}") from error
        raise _Refused(f"HTTP {status}") from error
    except requests.RequestException as error:
        raise ArchiveUnavailable(f"the archive did not answer: {type(error).__name__}") from error
    except (ImproperBodyPartContentException, NonMultipartContentTypeException) as error:
        raise ArchiveUnavailable("the archive's answer is no multipart message") from error

# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the intake asks of Orthanc: small calls only, and nothing that deletes."""

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from mammovlm_orthanc.dicom_tags import Tags
from mammovlm_orthanc.orthanc_api import OrthancApi

STATUS_METADATA = "MammoVLM"
CHECKPOINT_PROPERTY = 4242
OPEN_QUESTIONS_PROPERTY = 4244
RESULTS_TO_ROUTE_PROPERTY = 4245
_MISSING_CODES = frozenset({7, 17})
"""Orthanc's ErrorCode InexistentItem and UnknownResource."""
ORTHANC_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{8}){4}")


class NotInArchive(LookupError):
    """Raised when a resource is not there, or not any more."""


@dataclass(frozen=True)
class Change:
    """One line of Orthanc's change log.

    Parameters
    ----------
    sequence
        Its number; they only grow.
    instance_id
        The new instance, "" for any other change.
    at
        Seconds since 1970, in whole seconds.
    """

    sequence: int
    instance_id: str
    at: int


@dataclass(frozen=True)
class ChangePage:
    """Some changes in order, and whether they are the last ones."""

    changes: tuple[Change, ...]
    last: int
    is_end: bool


@dataclass(frozen=True)
class StoredSeries:
    """A series as far as the intake needs it."""

    study_id: str
    modality: str
    instance_ids: tuple[str, ...]


class OrthancArchive:
    """Orthanc, seen by the intake.

    Parameters
    ----------
    orthanc
        The module of Orthanc's Python plugin.
    """

    def __init__(self, orthanc: OrthancApi) -> None:
        self._orthanc = orthanc

    def changes(self, since: int, limit: int) -> ChangePage:
        """Give the changes after number ``since``, at most ``limit`` of them."""
        page = json.loads(self._orthanc.RestApiGet(f"/changes?since={since}&limit={limit}"))
        return ChangePage(
            tuple(_change(entry) for entry in page["Changes"]), page["Last"], page["Done"]
        )

    def last_change(self) -> int:
        """Give the number of the newest change, 0 where there is none."""
        return int(json.loads(self._orthanc.RestApiGet("/changes?last"))["Last"])

    def checkpoint(self) -> int | None:
        """Give the number of the change up to which everything is settled; None at first."""
        value = self._orthanc.GetGlobalProperty(CHECKPOINT_PROPERTY, "")
        return int(value) if value.isdecimal() else None

    def set_checkpoint(self, sequence: int) -> None:
        """Keep the number of the change up to which everything is settled."""
        self._orthanc.SetGlobalProperty(CHECKPOINT_PROPERTY, str(sequence))

    def open_questions(self) -> str:
        """Give the list of questions that wait for an answer, "" at first."""
        return self._orthanc.GetGlobalProperty(OPEN_QUESTIONS_PROPERTY, "")

    def set_open_questions(self, document: str) -> None:
        """Keep the list of questions that wait for an answer."""
        self._orthanc.SetGlobalProperty(OPEN_QUESTIONS_PROPERTY, document)

    def results_to_route(self) -> str:
        """Give the list of results that another archive has not got yet, "" at first."""
        return self._orthanc.GetGlobalProperty(RESULTS_TO_ROUTE_PROPERTY, "")

    def set_results_to_route(self, document: str) -> None:
        """Keep the list of results that another archive has not got yet."""
        self._orthanc.SetGlobalProperty(RESULTS_TO_ROUTE_PROPERTY, document)

    def start_sending(self, instance_id: str, station: str) -> str:
        """Let Orthanc send an instance to one of its modalities; give the job's identifier.

        Raises
        ------
        NotInArchive
            If the instance is not there, or the station not known.
        """
        uri, wanted = f"/modalities/{quote(station, '')}/store", {"Resources": [instance_id]}
        with self._missing_as_not_in_archive(uri):
            # Asynchronous: Python's lock is held until the call returns.
            body = json.dumps(wanted | {"Asynchronous": True})
            return str(json.loads(self._orthanc.RestApiPost(uri, body.encode()))["ID"])

    def job_state(self, job_id: str) -> str:
        """Give the state of one of Orthanc's jobs: such as Success or Failure.

        Raises
        ------
        NotInArchive
            If Orthanc has forgotten it.
        """
        return str(self.get(f"/jobs/{job_id}")["State"])

    def sender(self, instance_id: str) -> str:
        """Give the title of the station that sent an instance by C-STORE; "" for any other way."""
        return str(self.get(f"/instances/{instance_id}/metadata?expand").get("RemoteAET", ""))

    def series_of(self, instance_id: str) -> str:
        """Give the Orthanc identifier of the series that an instance is in."""
        return str(self.get(f"/instances/{instance_id}")["ParentSeries"])

    def sop_instance_uid(self, instance_id: str) -> str:
        """Give (0008,0018) of an instance."""
        tags = self.get(f"/instances/{instance_id}")["MainDicomTags"]
        return str(tags.get("SOPInstanceUID", ""))

    def series(self, series_id: str) -> StoredSeries:
        """Describe a series."""
        content = self.get(f"/series/{series_id}")
        return StoredSeries(
            content["ParentStudy"],
            content["MainDicomTags"].get("Modality", ""),
            tuple(content["Instances"]),
        )

    def sop_class_uid(self, instance_id: str) -> str:
        """Give the SOP Class UID without reading the file."""
        return str(self.get(f"/instances/{instance_id}/metadata?expand").get("SopClassUid", ""))

    def header(self, instance_id: str) -> Tags:
        """Read the header of an instance, without pixel data."""
        tags: Tags = self.get(f"/instances/{instance_id}/tags?short")
        return tags

    def series_ids(self, study_id: str) -> tuple[str, ...]:
        """Give the series of a study."""
        return tuple(self.get(f"/studies/{study_id}")["Series"])

    def study_instance_uid(self, study_id: str) -> str:
        """Give (0020,000D) of a study."""
        return str(self.get(f"/studies/{study_id}")["MainDicomTags"].get("StudyInstanceUID", ""))

    def studies_with_uid(self, study_instance_uid: str) -> tuple[str, ...]:
        """Find the studies with a Study Instance UID; several if they name different patients."""
        found = self.post("/tools/lookup", study_instance_uid)
        return tuple(entry["ID"] for entry in found if entry["Type"] == "Study")

    def study_ids(self, page_size: int) -> Iterator[tuple[str, ...]]:
        """Give all studies, page by page."""
        since = 0
        while True:
            page = json.loads(self._orthanc.RestApiGet(f"/studies?since={since}&limit={page_size}"))
            if not page:
                return
            yield tuple(page)
            since += len(page)

    def status_document(self, study_id: str) -> str | None:
        """Give the status document of a study, None where it has none yet."""
        # Asking for one metadata that is not there would write an error into Orthanc's log.
        document = self.get(f"/studies/{study_id}/metadata?expand").get(STATUS_METADATA)
        return None if document is None else str(document)

    def set_status_document(self, study_id: str, document: str) -> None:
        """Write the status document of a study."""
        self.put(f"/studies/{study_id}/metadata/{STATUS_METADATA}", document)

    def get(self, uri: str) -> Mapping[str, Any]:
        """GET a small JSON object of Orthanc's REST API.

        Raises
        ------
        NotInArchive
            If the resource is not there.
        """
        with self._missing_as_not_in_archive(uri):
            content: Mapping[str, Any] = json.loads(self._orthanc.RestApiGet(uri))
        return content

    def put(self, uri: str, body: str) -> None:
        """PUT a small text to Orthanc's REST API.

        Raises
        ------
        NotInArchive
            If the resource is not there.
        """
        with self._missing_as_not_in_archive(uri):
            self._orthanc.RestApiPut(uri, body.encode())

    def post(self, uri: str, body: str) -> list[Any]:
        """Ask Orthanc's REST API by a POST that changes nothing and answers with a list."""
        found: list[Any] = json.loads(self._orthanc.RestApiPost(uri, body.encode()))
        return found

    @contextmanager
    def _missing_as_not_in_archive(self, uri: str) -> Iterator[None]:
        try:
            yield
        except self._orthanc.OrthancException as error:
            # Any other fault (database busy, disk full) passes on: the resource may well be there.
            if error.args and error.args[0] in _MISSING_CODES:
                raise NotInArchive(uri) from error
            raise


def _change(entry: Mapping[str, Any]) -> Change:
    is_new_instance = entry["ChangeType"] == "NewInstance"
    at = datetime.strptime(entry["Date"], "%Y%m%dT%H%M%S").replace(tzinfo=UTC)
    return Change(entry["Seq"], entry["ID"] if is_new_instance else "", int(at.timestamp()))

"""What the pipeline asks of an archive: images out, reports in. Nothing is ever deleted."""

from collections.abc import Sequence
from typing import Protocol

from pydicom import Dataset

from mammovlm.job import AnalysisJob, StoredDocument, StoredInstance


class Archive(Protocol):
    """Where studies come from and results go."""

    def fetch(self, job: AnalysisJob) -> tuple[StoredInstance, ...]:
        """Fetch the objects of a job, as they are stored: neither decoded nor checked.

        Raises
        ------
        ArchiveUnavailable
            If the archive does not answer.
        StudyRejected
            NO_IMAGE_FOUND, if the archive holds none of them.
        """
        ...

    def documents(self, study_instance_uid: str) -> tuple[StoredDocument, ...]:
        """List the structured reports and encapsulated documents that a study holds.

        None, where the archive does not offer to search for them.

        Raises
        ------
        ArchiveUnavailable
            If the archive does not answer.
        """
        ...

    def store(self, study_instance_uid: str, datasets: Sequence[Dataset]) -> None:
        """Store objects in a study; what is there already stays as it is.

        Raises
        ------
        ArchiveUnavailable
            If the archive does not answer.
        ResultInvalid
            If the archive refuses an object.
        """
        ...

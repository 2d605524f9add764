"""An archive that is away is asked again; other errors pass at once."""

from collections.abc import Sequence

import pytest
from pydicom import Dataset

from mammovlm.archive.retrying import RetryingArchive
from mammovlm.errors import ArchiveUnavailable, RejectionReason, ResultInvalid, StudyRejected
from mammovlm.job import AnalysisJob, StoredInstance


class _ArchiveThatFails:
    """Meets the archive protocol; raises the given errors first, then answers."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.calls = 0

    def fetch(self, job: AnalysisJob) -> tuple[StoredInstance, ...]:
        self._answer()
        return (StoredInstance(job.study_instance_uid, b""),)

    def store(self, study_instance_uid: str, datasets: Sequence[Dataset]) -> None:
        self._answer()

    def _answer(self) -> None:
        self.calls += 1
        if self.errors:
            raise self.errors.pop(0)


def test_a_passing_fault_is_asked_again_until_it_passes() -> None:
    archive = _ArchiveThatFails(ArchiveUnavailable("away"))
    assert RetryingArchive(archive, patience_s=30).fetch(AnalysisJob("1.2"))[0].name == "1.2"
    assert archive.calls == 2


def test_patience_ends_with_the_archives_own_error() -> None:
    archive = _ArchiveThatFails(*[ArchiveUnavailable("away")] * 9)
    with pytest.raises(ArchiveUnavailable, match="away"):
        RetryingArchive(archive, patience_s=0).store("1.2", [])
    assert archive.calls == 1


@pytest.mark.parametrize(
    "error", [StudyRejected(RejectionReason.NO_IMAGE_FOUND), ResultInvalid("refused")]
)
def test_what_cannot_succeed_is_not_repeated(error: Exception) -> None:
    archive = _ArchiveThatFails(error)
    with pytest.raises(type(error)):
        RetryingArchive(archive, patience_s=30).store("1.2", [])
    assert archive.calls == 1

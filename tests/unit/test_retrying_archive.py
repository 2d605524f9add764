"""An archive that is away is asked again; other errors pass at once."""

from collections.abc import Iterator, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom import Dataset
from tenacity import RetryCallState, Retrying

from mammogram_files import mammogram
from mammovlm.archive import DicomWebArchive
from mammovlm.archive.questions import PluginQuestions
from mammovlm.archive.retrying import PAUSES, RetryingArchive
from mammovlm.errors import ArchiveUnavailable, RejectionReason, ResultInvalid, StudyRejected
from mammovlm.job import AnalysisJob, StoredDocument, StoredInstance
from mammovlm.question import QuestionReference
from mammovlm.settings import Settings


class _ArchiveThatFails:
    """Meets the archive protocol; raises the given errors first, then answers."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.calls = 0

    def fetch(self, job: AnalysisJob) -> tuple[StoredInstance, ...]:
        self._answer()
        return (StoredInstance(job.study_instance_uid, b""),)

    def documents(self, study_instance_uid: str) -> tuple[StoredDocument, ...]:
        self._answer()
        return ()

    def store(self, study_instance_uid: str, datasets: Sequence[Dataset]) -> None:
        self._answer()

    def _answer(self) -> None:
        self.calls += 1
        if self.errors:
            raise self.errors.pop(0)


def test_a_passing_fault_is_asked_again_until_it_passes(caplog: pytest.LogCaptureFixture) -> None:
    archive = _ArchiveThatFails(ArchiveUnavailable("the plugin answered HTTP 503"))
    assert RetryingArchive(archive, patience_s=30).fetch(AnalysisJob("1.2"))[0].name == "1.2"
    assert archive.calls == 2
    assert caplog.messages == ["the plugin answered HTTP 503 (attempt 1); asking again"]


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


@given(st.integers(1, 30))
def test_pauses_double_up_to_twenty_seconds_and_chance_adds_up_to_one(attempt: int) -> None:
    state = RetryCallState(Retrying(), None, (), {})
    state.attempt_number = attempt
    nominal = min(20.0, 0.5 * 2 ** (attempt - 1))
    drawn = [PAUSES(state) for _ in range(4)]
    assert all(nominal <= pause <= nominal + 1 for pause in drawn)
    assert len(set(drawn)) > 1


class _Busy(BaseHTTPRequestHandler):
    """Answers every request with 503 Service Unavailable, and counts them."""

    asked: list[str]

    def do_GET(self) -> None:
        self._refuse()

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self._refuse()

    def _refuse(self) -> None:
        self.asked.append(self.command)
        self.send_response(503)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Stay silent."""


@pytest.fixture
def busy() -> Iterator[tuple[Settings, list[str]]]:
    """Run a server that is too busy; give settings that lead to it, and what it was asked."""
    asked: list[str] = []
    handler = type("Busy", (_Busy,), {"asked": asked})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/dicom-web"
        yield Settings(dicomweb_url=url, archive_patience_s=0), asked
        server.shutdown()


def test_nobody_below_the_owner_of_retries_asks_again(busy: tuple[Settings, list[str]]) -> None:
    settings, asked = busy
    archive = DicomWebArchive.from_settings(settings)
    with pytest.raises(ArchiveUnavailable):
        archive.fetch(AnalysisJob("1.2"))
    with pytest.raises(ArchiveUnavailable):
        archive.store("1.2", [mammogram()])
    with pytest.raises(ArchiveUnavailable):
        PluginQuestions.from_settings(settings).fetch(QuestionReference("study", 1, "job"))
    assert asked == ["GET", "POST", "GET"]

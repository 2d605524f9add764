"""What the archive's answers mean: stored, refused for good, or to be asked again."""

import json
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pydicom import Dataset

from free_ports import free_port
from mammogram_files import mammogram
from mammovlm.archive import DicomWebArchive
from mammovlm.errors import ArchiveUnavailable, ResultInvalid
from mammovlm.job import AnalysisJob
from mammovlm.settings import Settings


def archive_at(url: str) -> DicomWebArchive:
    return DicomWebArchive.from_settings(Settings(dicomweb_url=url))


def image() -> Dataset:
    return mammogram(rows=8, columns=8)


@pytest.fixture
def answering() -> Iterator[Callable[[str], tuple[str, list[bytes]]]]:
    """Give a function that answers every request with a status and a body, and keeps them all."""
    listening = socket.create_server(("127.0.0.1", port := free_port()))

    def answer_with(body: str, status: str = "200 OK") -> tuple[str, list[bytes]]:
        asked: list[bytes] = []
        head = f"HTTP/1.1 {status}\r\nContent-Type: application/dicom+json\r\n"
        answer = f"{head}Connection: close\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()

        def serve() -> None:
            while True:
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                with connection:
                    asked.append(connection.recv(65536))
                    connection.sendall(answer)
                    connection.shutdown(socket.SHUT_WR)
                    while connection.recv(65536):
                        pass

        threading.Thread(target=serve, daemon=True).start()
        return f"http://127.0.0.1:{port}", asked

    yield answer_with
    listening.close()


def stow_answer(*reasons: int, stored: str = "") -> str:
    failed = [{"00081197": {"vr": "US", "Value": [reason]}} for reason in reasons]
    referenced = [{"00081155": {"vr": "UI", "Value": [stored]}}] if stored else []
    content: dict[str, Any] = {
        "00081198": {"vr": "SQ", "Value": failed},
        "00081199": {"vr": "SQ", "Value": referenced},
    }
    return json.dumps(content)


def test_an_object_that_the_archive_does_not_name_is_not_stored(answering: Any) -> None:
    url, _ = answering(stow_answer())
    with pytest.raises(ArchiveUnavailable, match="0 of 1"):
        archive_at(url).store("1.2", [image()])


def test_an_object_that_the_archive_names_is_stored(answering: Any) -> None:
    sent = image()
    url, _ = answering(stow_answer(stored=sent.SOPInstanceUID))
    archive_at(url).store(sent.StudyInstanceUID, [sent])


@pytest.mark.parametrize(
    ("reason", "error"),
    [
        (0xA700, ArchiveUnavailable),
        (0x0110, ArchiveUnavailable),
        (0x0213, ArchiveUnavailable),
        (0xA900, ResultInvalid),
        (0xC000, ResultInvalid),
        (0x0122, ResultInvalid),
    ],
)
def test_want_of_room_is_told_from_a_refusal(
    reason: int, error: type[Exception], answering: Any
) -> None:
    url, _ = answering(stow_answer(reason))
    with pytest.raises(error, match=f"{reason:04X}"):
        archive_at(url).store("1.2", [image()])


def test_only_the_owner_of_retries_asks_again(answering: Any) -> None:
    url, asked = answering("", "503 Busy")
    with pytest.raises(ArchiveUnavailable):
        archive_at(url).fetch(AnalysisJob("1.2.3"))
    assert len(asked) == 1
    with pytest.raises(ArchiveUnavailable):
        archive_at(url).store("1.2", [image()])
    assert len(asked) == 2


@pytest.mark.parametrize("status", ["400 Bad Request", "404 Not Found", "501 Not Implemented"])
def test_an_archive_without_the_search_fails_no_study(
    status: str, answering: Any, caplog: pytest.LogCaptureFixture
) -> None:
    url, _ = answering("", status)
    assert archive_at(url).documents("1.2.3") == ()
    assert f"refuses the search for earlier results (HTTP {status[:3]})" in caplog.text


@pytest.mark.parametrize("status", ["401 Unauthorized", "429 Slow Down", "503 Busy"])
def test_a_search_that_may_be_answered_later_is_asked_again(status: str, answering: Any) -> None:
    url, _ = answering("", status)
    with pytest.raises(ArchiveUnavailable, match=status[:3]):
        archive_at(url).documents("1.2.3")

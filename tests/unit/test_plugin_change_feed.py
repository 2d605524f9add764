"""No error of the archive, however long it lasts, lets the intake pass over a study."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import pytest

from headers_as_orthanc_gives_them import orthanc_tags
from mammogram_files import mammogram
from mammovlm_orthanc import change_feed, clock
from mammovlm_orthanc.archive import Change, ChangePage, NotInArchive, OrthancArchive, StoredSeries
from mammovlm_orthanc.change_feed import ChangeFeed
from mammovlm_orthanc.dicom_tags import Tags
from mammovlm_orthanc.intake import Intake
from mammovlm_orthanc.metrics import Counters
from mammovlm_orthanc.result_routing import ResultRouting
from mammovlm_orthanc.settings import Settings
from mammovlm_orthanc.status import State
from mammovlm_orthanc.status_store import StatusStore
from mammovlm_orthanc.study_images import StudyImages

MAMMOGRAM = "1.2.840.10008.5.1.4.1.1.1.2"
REPORT = "1.2.840.10008.5.1.4.1.1.88.33"
VIEWS = ("RCC", "LCC", "RMLO", "LMLO")
RESULT = {"0008,0060": "SR", "0018,a001": [{"0008,1090": "MammoVLM"}]}
DAY_S = 24 * 3600.0


@cache
def tags_of(view: str) -> Tags:
    return orthanc_tags(mammogram(view[0], view[1:], rows=8, columns=8))


class DiskFull(Exception):
    """What Orthanc raises for a fault of its own."""


class Archive(OrthancArchive):
    """Studies of some views with a change log, on a disk that may be ill.

    Instances are named ``study/view``, each a series of its own, and their log is never lost. One
    named ``study/SR`` is a result of ours.
    """

    def __init__(self) -> None:
        self.log: list[Change] = []
        self.documents: dict[str, str] = {}
        self.settled: int | None = 0
        self.is_ill = False
        self.cannot_read: set[str] = set()
        self.calls = 0
        self.to_route = ""

    def receive(self, study: str, views: tuple[str, ...] = VIEWS) -> None:
        for view in views:
            self.log.append(Change(len(self.log) + 1, f"{study}/{view}", int(clock.now())))

    def delete(self, study: str) -> None:
        self.log = [c for c in self.log if c.instance_id.split("/")[0] != study]
        self.documents.pop(study, None)

    def changes(self, since: int, limit: int) -> ChangePage:
        page = tuple(change for change in self.log if change.sequence > since)[:limit]
        last = self.log[-1].sequence if self.log else 0
        return ChangePage(page, last, not page or page[-1].sequence == last)

    def checkpoint(self) -> int | None:
        return self.settled

    def set_checkpoint(self, sequence: int) -> None:
        self._write()
        self.settled = sequence

    def series_of(self, instance_id: str) -> str:
        return instance_id

    def series(self, series_id: str) -> StoredSeries:
        study, view = series_id.split("/")
        return StoredSeries(study, "MG" if view in VIEWS else "SR", (series_id,))

    def series_ids(self, study_id: str) -> tuple[str, ...]:
        found = {c.instance_id for c in self.log if c.instance_id.split("/")[0] == study_id}
        if not found:
            raise NotInArchive(study_id)
        return tuple(sorted(found))

    def study_instance_uid(self, study_id: str) -> str:
        self.series_ids(study_id)
        return "1.2." + "".join(str(ord(letter)) for letter in study_id)

    def sop_class_uid(self, instance_id: str) -> str:
        return MAMMOGRAM if instance_id.split("/")[1] in VIEWS else REPORT

    def sender(self, instance_id: str) -> str:
        return ""

    def results_to_route(self) -> str:
        return self.to_route

    def set_results_to_route(self, document: str) -> None:
        self._write()
        self.to_route = document

    def header(self, instance_id: str) -> Tags:
        self.calls += 1
        study, view = instance_id.split("/")
        if study in self.cannot_read:
            raise DiskFull
        if view not in VIEWS:
            return RESULT
        uid = f"{self.study_instance_uid(study)}.{VIEWS.index(view) + 1}"
        return {**tags_of(view), "0008,0018": uid}

    def status_document(self, study_id: str) -> str | None:
        self.series_ids(study_id)
        return self.documents.get(study_id)

    def set_status_document(self, study_id: str, document: str) -> None:
        self._write()
        self.documents[study_id] = document

    def _write(self) -> None:
        if self.is_ill:
            raise DiskFull


class Running:
    """The intake as one process of Orthanc has it; what is in memory ends with it."""

    def __init__(self, archive: Archive, station: str = "") -> None:
        self.counters = Counters()
        self.store = StatusStore(archive)
        images = StudyImages(archive, self.counters, accept_synthesized_2d=True)
        settings = Settings.from_configuration({})
        self.intake = Intake(images, self.store, settings, self.counters)
        self.routing = ResultRouting(archive, station, self.counters)
        self.feed = ChangeFeed(archive, self.intake, self.routing, self.counters, clock.now())

    def look(self) -> None:
        """Do what the intake's thread does each time round, however the archive is."""
        try:
            self.feed.read_new(threading.Event())
            self.feed.settle()
        except DiskFull:
            pass

    def state(self, study: str) -> State | None:
        status = self.store.read(study)
        return status.state if status else None


class Clocks:
    """The steady clock, stepped by hand."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.now = time.monotonic()
        patch.setattr(time, "monotonic", lambda: self.now)

    def go_on(self, running: Running, seconds: float, step: float = 1.0) -> None:
        """Let time pass; the intake's thread looks once each step."""
        end = self.now + seconds
        while self.now < end:
            self.now += step
            running.look()


@pytest.fixture
def archive() -> Archive:
    return Archive()


@pytest.fixture
def clocks(monkeypatch: pytest.MonkeyPatch) -> Clocks:
    return Clocks(monkeypatch)


@contextmanager
def illness(archive: Archive) -> Iterator[None]:
    archive.is_ill = True
    yield
    archive.is_ill = False


@pytest.mark.parametrize("seconds", [12.0, DAY_S])
def test_a_study_that_came_while_the_disk_was_full_is_taken_in_when_it_has_room(
    archive: Archive, clocks: Clocks, seconds: float
) -> None:
    running = Running(archive)
    running.look()
    with illness(archive):
        archive.receive("a")
        clocks.go_on(running, seconds, step=seconds / 200)
        assert running.state("a") is None
        assert running.feed.postponed == 1
    clocks.go_on(running, 90.0)
    assert running.state("a") is State.RECEIVING
    assert running.feed.postponed == 0


def test_a_restart_in_the_middle_of_the_trouble_loses_nothing(
    archive: Archive, clocks: Clocks
) -> None:
    running = Running(archive)
    archive.receive("before")
    running.look()
    with illness(archive):
        archive.receive("a")
        clocks.go_on(running, 30.0)
        archive.receive("b")
        running = Running(archive)
        clocks.go_on(running, 30.0)
    running = Running(archive)
    running.look()
    assert {study: running.state(study) for study in ("before", "a", "b")} == dict.fromkeys(
        ("before", "a", "b"), State.RECEIVING
    )


def test_one_study_that_cannot_be_read_does_not_hold_up_the_others(
    archive: Archive, clocks: Clocks
) -> None:
    running = Running(archive)
    archive.cannot_read = {"poison"}
    archive.receive("first")
    archive.receive("poison")
    archive.receive("second")
    running.look()
    assert running.state("first") is State.RECEIVING
    assert running.state("second") is State.RECEIVING
    assert running.state("poison") is None


def test_the_place_stays_before_a_study_that_is_tried_again(
    archive: Archive, clocks: Clocks
) -> None:
    archive.cannot_read = {"poison"}
    archive.receive("poison")
    archive.receive("second")
    running = Running(archive)
    clocks.go_on(running, 5.0)
    assert archive.settled == 0
    archive.cannot_read = set()
    again = Running(archive)
    again.look()
    assert again.state("poison") is State.RECEIVING


def test_a_study_that_alone_keeps_failing_is_marked_as_failed_and_stepped_over(
    archive: Archive, clocks: Clocks
) -> None:
    running = Running(archive)
    archive.cannot_read = {"poison"}
    archive.receive("poison")
    for minute in range(15):
        archive.receive(f"good{minute}")
        clocks.go_on(running, 60.0)
    status = running.store.read("poison")
    assert status is not None
    assert (status.state, status.reason) == (State.FAILED, "intake-failed")
    assert "again" in status.text
    assert running.feed.postponed == 0
    assert all(running.state(f"good{minute}") is State.RECEIVING for minute in range(15))
    assert archive.settled == len(VIEWS), "the place is before the first study still receiving"
    archive.cannot_read = set()
    restarted = Running(archive)
    restarted.look()
    assert restarted.state("poison") is State.FAILED, "what was given up waits for being asked"


def test_a_result_that_alone_cannot_be_read_is_passed_over_and_no_study_is_called_failed(
    archive: Archive, clocks: Clocks, caplog: pytest.LogCaptureFixture
) -> None:
    running = Running(archive, "department")
    archive.receive("lost", ("SR", "SR"))  # stored twice
    archive.cannot_read = {"lost"}
    for minute in range(15):
        archive.receive(f"good{minute}", ("RCC", "SR"))
        clocks.go_on(running, 60.0)
    assert running.feed.postponed == 0
    assert running.state("lost") is None
    assert "lost/SR" in caplog.text
    assert "passed over" in caplog.text
    assert "marked as failed" not in caplog.text
    assert json.loads(archive.to_route)["last_change"] == len(archive.log)


def test_nobody_is_given_up_while_everybody_fails(archive: Archive, clocks: Clocks) -> None:
    running = Running(archive)
    running.look()
    studies = [f"study{number}" for number in range(20)]
    archive.cannot_read = set(studies)
    for study in studies:
        archive.receive(study)
        clocks.go_on(running, 600.0, step=5.0)
    assert {running.state(study) for study in studies} == {None}
    archive.cannot_read = set()
    clocks.go_on(running, 90.0)
    assert {running.state(study) for study in studies} == {State.RECEIVING}


def test_a_study_that_cannot_even_be_marked_is_tried_again(
    archive: Archive, clocks: Clocks, monkeypatch: pytest.MonkeyPatch
) -> None:
    running = Running(archive)
    archive.cannot_read = {"poison"}
    archive.receive("poison")
    write = archive.set_status_document

    def refuse_poison(study_id: str, document: str) -> None:
        if study_id == "poison":
            raise DiskFull
        write(study_id, document)

    with monkeypatch.context() as patch:
        patch.setattr(archive, "set_status_document", refuse_poison)
        for minute in range(15):
            archive.receive(f"good{minute}")
            clocks.go_on(running, 60.0)
        assert running.state("poison") is None
        assert running.feed.postponed == 1
    clocks.go_on(running, 90.0)
    assert running.state("poison") is State.FAILED


def test_tries_become_rare(archive: Archive, clocks: Clocks) -> None:
    running = Running(archive)
    archive.cannot_read = {"poison"}
    archive.receive("poison")
    running.look()
    clocks.go_on(running, 3600.0)
    assert archive.calls < 80


def test_the_thread_is_told_when_to_try_again(archive: Archive, clocks: Clocks) -> None:
    running = Running(archive)
    running.look()
    assert running.feed.next_try_s is None
    archive.cannot_read = {"poison"}
    archive.receive("poison")
    running.look()
    assert running.feed.next_try_s == pytest.approx(1.0)


def test_a_study_that_was_deleted_meanwhile_is_forgotten(archive: Archive, clocks: Clocks) -> None:
    running = Running(archive)
    running.look()
    archive.receive("other")
    with illness(archive):
        archive.receive("a")
        clocks.go_on(running, 20.0)
        archive.delete("a")
    clocks.go_on(running, 90.0)
    assert running.feed.postponed == 0
    assert "a" not in archive.documents


def test_errors_that_take_long_do_not_keep_the_thread_from_deciding(
    archive: Archive, clocks: Clocks, monkeypatch: pytest.MonkeyPatch
) -> None:
    running = Running(archive)
    running.look()
    archive.cannot_read = {f"study{number}" for number in range(50)}
    for number in range(50):
        archive.receive(f"study{number}", ("RCC",))
    read = archive.header

    def slow(instance_id: str) -> Tags:
        clocks.now += 1.0
        return read(instance_id)

    monkeypatch.setattr(archive, "header", slow)
    running.look()
    assert archive.calls <= change_feed.LONGEST_PASS_S + 2


def test_a_status_of_another_version_is_left_alone(archive: Archive, clocks: Clocks) -> None:
    running = Running(archive)
    archive.receive("a")
    archive.receive("b")
    archive.documents["a"] = '{"version": 2}'
    running.look()
    assert archive.documents["a"] == '{"version": 2}'
    assert running.state("b") is State.RECEIVING
    assert running.feed.postponed == 0

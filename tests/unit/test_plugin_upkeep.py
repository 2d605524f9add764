"""A job is sent again when nothing was heard of it, whatever anybody's clock says."""

import time
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from mammovlm_orthanc import clock, transitions
from mammovlm_orthanc.archive import NotInArchive, OrthancArchive
from mammovlm_orthanc.messages import Event
from mammovlm_orthanc.metrics import Counters
from mammovlm_orthanc.queue_watch import QueueWatch
from mammovlm_orthanc.settings import Settings
from mammovlm_orthanc.status import State, StudyStatus
from mammovlm_orthanc.status_store import StatusStore
from mammovlm_orthanc.upkeep import Upkeep

STUDY = "b9c08539-26f93bde-c81ab0d7-bffaf2cb-a4d0bdd0"
SETTINGS = replace(Settings.from_configuration({}), stuck_s=6 * 3600.0)
SEVEN_HOURS_S = 7 * 3600.0


class OneDocument(OrthancArchive):
    """An archive of one study that keeps its status."""

    def __init__(self) -> None:
        self.document: str | None = None

    def status_document(self, study_id: str) -> str | None:
        if study_id != STUDY:
            raise NotInArchive(study_id)
        return self.document

    def set_status_document(self, study_id: str, document: str) -> None:
        assert study_id == STUDY
        self.document = document


@pytest.fixture
def archive() -> OneDocument:
    return OneDocument()


class Told:
    """A channel to a broker whose queues hold so many messages."""

    def __init__(self, **messages: int) -> None:
        self._messages = messages

    def queue_declare(self, name: str, **_: object) -> Any:
        count = self._messages.get(name.removeprefix("mammovlm.").replace(".", "_"), 0)
        method = SimpleNamespace(message_count=count, consumer_count=1)
        return SimpleNamespace(method=method)


def queues(**messages: int) -> QueueWatch:
    watch = QueueWatch()
    watch.look(Told(**messages))
    return watch


def upkeep_of(store: StatusStore, watch: QueueWatch | None = None) -> Upkeep:
    return Upkeep(OneDocument(), store, watch or queues(), SETTINGS, Counters())


def queued(at: float) -> StudyStatus:
    return StudyStatus(
        "1.2.3", state=State.QUEUED, job_id="job-1", times={State.QUEUED: clock.iso(at)}
    )


def hear(store: StatusStore, status: StudyStatus, study_id: str = STUDY) -> None:
    store.update(study_id, lambda _: status)


def pass_by(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    now = time.monotonic() + seconds
    monkeypatch.setattr(time, "monotonic", lambda: now)


@pytest.mark.parametrize("worker_is_ahead_s", [-SEVEN_HOURS_S, 0.0, SEVEN_HOURS_S])
def test_a_worker_whose_clock_is_hours_away_is_heard_all_the_same(
    archive: OneDocument, worker_is_ahead_s: float
) -> None:
    store = StatusStore(archive)
    hear(store, queued(clock.now()))
    at = clock.iso(clock.now() + worker_is_ahead_s)
    running = Event(STUDY, "job-1", State.RUNNING, at)
    store.update(STUDY, lambda before: before and transitions.after_event(before, running))
    upkeep = upkeep_of(store)
    assert upkeep.stuck() == []
    upkeep.sweep()
    assert [entry.state for entry in store.entries()] == [State.RUNNING]


def test_a_job_of_which_nothing_is_heard_goes_out_once_and_then_waits_again(
    archive: OneDocument, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = StatusStore(archive)
    hear(store, queued(clock.now()))
    upkeep = upkeep_of(store)
    pass_by(monkeypatch, SETTINGS.stuck_s - 60)
    assert upkeep.stuck() == []
    pass_by(monkeypatch, 120)
    upkeep.sweep()
    assert [entry.state for entry in store.entries()] == [State.READY]
    store.update(
        STUDY, lambda before: before and transitions.queued(before, "job-1", clock.iso(clock.now()))
    )
    assert upkeep.stuck() == []


def test_what_was_silent_before_a_start_goes_out_after_it(archive: OneDocument) -> None:
    archive.document = queued(clock.now() - SEVEN_HOURS_S).to_json()
    store = StatusStore(archive)
    store.note(STUDY)
    assert [entry.orthanc_study_id for entry in upkeep_of(store).stuck()] == [STUDY]
    store.note(STUDY)
    assert store.silent_s(STUDY) == pytest.approx(SEVEN_HOURS_S, abs=60)


@pytest.mark.parametrize("written_ahead_s", [0.0, SEVEN_HOURS_S])
def test_what_was_just_written_before_a_start_is_not_sent_again(
    archive: OneDocument, written_ahead_s: float
) -> None:
    archive.document = queued(clock.now() + written_ahead_s).to_json()
    store = StatusStore(archive)
    store.note(STUDY)
    assert upkeep_of(store).stuck() == []


def test_a_study_that_is_not_in_the_list_is_silent_for_no_time(archive: OneDocument) -> None:
    store = StatusStore(archive)
    assert store.silent_s(STUDY) == pytest.approx(0.0, abs=1.0)
    hear(store, queued(clock.now()))
    store.forget(STUDY)
    assert store.silent_s(STUDY) == pytest.approx(0.0, abs=1.0)


class ManyDocuments(OrthancArchive):
    """An archive of studies that keeps their statuses."""

    def __init__(self) -> None:
        self.documents: dict[str, str] = {}

    def status_document(self, study_id: str) -> str | None:
        return self.documents.get(study_id)

    def set_status_document(self, study_id: str, document: str) -> None:
        self.documents[study_id] = document


@pytest.fixture
def backlog() -> StatusStore:
    """Ten studies that were queued one after the other, the first one longest ago."""
    store = StatusStore(ManyDocuments())
    now = clock.now()
    for number in range(10):
        hear(store, queued(now - 60 + number), f"study{number}")
    return store


def test_a_long_backlog_is_not_sent_again(
    backlog: StatusStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    pass_by(monkeypatch, SEVEN_HOURS_S)
    upkeep = upkeep_of(backlog, queues(analysis=10))
    assert upkeep.stuck() == []
    upkeep.sweep()
    assert {entry.state for entry in backlog.entries()} == {State.QUEUED}


def test_as_many_as_the_queues_lack_are_sent_again_the_oldest_first(
    backlog: StatusStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    pass_by(monkeypatch, SEVEN_HOURS_S)
    upkeep_of(backlog, queues(analysis=6, analysis_urgent=1)).sweep()
    sent_again = {entry.orthanc_study_id for entry in backlog.entries([State.READY])}
    assert sent_again == {"study0", "study1", "study2"}


def test_news_that_waits_may_be_about_the_missing_jobs(
    backlog: StatusStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    pass_by(monkeypatch, SEVEN_HOURS_S)
    assert upkeep_of(backlog, queues(analysis=6, events=4)).stuck() == []


def test_a_broker_that_lost_everything_gets_every_job_again(
    backlog: StatusStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    pass_by(monkeypatch, SEVEN_HOURS_S)
    assert len(upkeep_of(backlog, queues()).stuck()) == 10


def test_nothing_is_sent_again_while_the_broker_is_away(
    backlog: StatusStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    pass_by(monkeypatch, SEVEN_HOURS_S)
    assert upkeep_of(backlog, QueueWatch()).stuck() == []


def test_studies_queued_after_the_broker_was_asked_do_not_count(
    backlog: StatusStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    pass_by(monkeypatch, SEVEN_HOURS_S)
    watch = queues(analysis=10)
    pass_by(monkeypatch, 2.0)
    backlog.update("new", lambda _: queued(clock.now()))
    assert upkeep_of(backlog, watch).stuck() == []


def test_a_run_of_which_nothing_is_heard_is_sent_again_however_full_the_queues_are(
    backlog: StatusStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    running = replace(queued(clock.now()), state=State.RUNNING)
    backlog.update("running", lambda _: running)
    pass_by(monkeypatch, SEVEN_HOURS_S)
    stuck = upkeep_of(backlog, queues(analysis=10)).stuck()
    assert [entry.orthanc_study_id for entry in stuck] == ["running"]

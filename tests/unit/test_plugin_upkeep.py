"""A job is sent again when nothing was heard of it, whatever anybody's clock says."""

import time
from dataclasses import replace

import pytest

from mammovlm_orthanc import clock, transitions
from mammovlm_orthanc.archive import NotInArchive, OrthancArchive
from mammovlm_orthanc.messages import Event
from mammovlm_orthanc.metrics import Counters
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


def upkeep_of(store: StatusStore) -> Upkeep:
    return Upkeep(OneDocument(), store, SETTINGS, Counters())


def queued(at: float) -> StudyStatus:
    return StudyStatus(
        "1.2.3", state=State.QUEUED, job_id="job-1", times={State.QUEUED: clock.iso(at)}
    )


def hear(store: StatusStore, status: StudyStatus) -> None:
    store.update(STUDY, lambda _: status)


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

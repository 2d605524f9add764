"""Results on their way to another archive: each once, none forgotten, none of anybody else."""

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local_servers import wait_until
from mammovlm_orthanc import result_routing
from mammovlm_orthanc.archive import NotInArchive, OrthancArchive
from mammovlm_orthanc.metrics import Counters
from mammovlm_orthanc.result_routing import ResultRouting, is_our_result
from mammovlm_orthanc.route_target import check_route
from mammovlm_orthanc.setting_values import SettingRefused

OURS = {"0008,0060": "SR", "0018,a001": [{"0008,1090": "MammoVLM"}]}
FOREIGN = {"0008,0060": "SR", "0018,a001": [{"0008,1090": "Other"}]}


class Archive(OrthancArchive):
    """An archive whose station takes what is not in ``refused``."""

    def __init__(self) -> None:
        self.headers: dict[str, Mapping[str, Any]] = {}
        self.senders: dict[str, str] = {}
        self.refused: set[str] = set()
        self.sent: list[str] = []
        self.property = ""
        self.is_ill = False
        self.forgets = False

    def results_to_route(self) -> str:
        if self.forgets:
            raise OSError("ill")
        return self.property

    def set_results_to_route(self, document: str) -> None:
        self.property = document

    def sender(self, instance_id: str) -> str:
        return self.senders.get(instance_id, "")

    def header(self, instance_id: str) -> Mapping[str, Any]:
        if self.is_ill:
            raise OSError("ill")
        if instance_id not in self.headers:
            raise NotInArchive(instance_id)
        return self.headers[instance_id]

    def series_of(self, instance_id: str) -> str:
        return str(self.header(instance_id)["0008,0060"])

    def start_sending(self, instance_id: str, station: str) -> str:
        assert station == "department"
        self.header(instance_id)
        return instance_id

    def job_state(self, job_id: str) -> str:
        if job_id in self.refused:
            return "Failure"
        self.sent.append(job_id)
        return "Success"


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("FIRST_PAUSE_S", "LONGEST_PAUSE_S", "_LOOK_S"):
        monkeypatch.setattr(result_routing, name, 0.001)


def routing_of(archive: Archive, station: str = "department") -> ResultRouting:
    return ResultRouting(archive, station, Counters())


@contextmanager
def running(routing: ResultRouting) -> Iterator[None]:
    stop = threading.Event()
    thread = threading.Thread(target=routing.run, args=(stop,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        routing.wake()
        thread.join(10)
        assert not thread.is_alive()


def test_our_results_alone_are_sent_and_not_those_that_another_station_sent() -> None:
    archive = Archive()
    archive.headers = {"a": OURS, "b": FOREIGN, "c": OURS, "d": {"0008,0060": "MG"}}
    archive.senders = {"c": "PACS"}
    routing = routing_of(archive)
    for change, instance in enumerate("abcde", 1):
        routing.arrived(instance, change)
    with running(routing):
        wait_until("all is sent", lambda: routing.waiting == 0)
    assert archive.sent == ["a"]


def test_without_a_station_nothing_is_read_kept_or_sent() -> None:
    archive = Archive()
    archive.headers = {"a": OURS}
    routing = routing_of(archive, "")
    routing.arrived("a", 1)
    with running(routing):
        pass
    assert (archive.sent, archive.property) == ([], "")


def test_one_object_that_is_refused_holds_up_no_other_and_is_tried_until_it_is_taken() -> None:
    archive = Archive()
    archive.headers = dict.fromkeys("abc", OURS)
    archive.refused = {"a"}
    routing = routing_of(archive)
    for change, instance in enumerate("abc", 1):
        routing.arrived(instance, change)
    with running(routing):
        wait_until("the others are sent", lambda: routing.waiting == 1)
        archive.refused.clear()
        wait_until("all is sent", lambda: routing.waiting == 0)
    assert archive.sent == ["b", "c", "a"]


def routing_that_could_not_read_the_first(archive: Archive) -> ResultRouting:
    """Let "a" arrive while Orthanc is ill, and "b" after it."""
    routing = routing_of(archive)
    archive.is_ill = True
    with pytest.raises(OSError, match="ill"):
        routing.arrived("a", 1)
    archive.is_ill = False
    routing.arrived("b", 2)
    return routing


@pytest.mark.parametrize("is_restarted", [False, True])
def test_one_that_could_not_be_read_at_first_is_sent_when_it_is_told_of_again(
    *, is_restarted: bool
) -> None:
    archive = Archive()
    archive.headers = {"a": OURS, "b": OURS}
    routing = routing_that_could_not_read_the_first(archive)
    routing = routing_of(archive) if is_restarted else routing
    for _ in range(2):
        routing.arrived("a", 1)
        routing.arrived("b", 2)
    with running(routing):
        wait_until("both are sent", lambda: set(archive.sent) == {"a", "b"})
    assert len(archive.sent) == 2
    assert json.loads(archive.property)["last_change"] == 2


@pytest.mark.parametrize("first", [OURS, FOREIGN, None], ids=["ours", "foreign", "given up"])
def test_one_that_could_not_be_read_at_first_makes_no_later_one_go_twice(
    first: Mapping[str, Any] | None,
) -> None:
    archive = Archive()
    archive.headers = {"a": first or OURS, "b": OURS}
    routing = routing_that_could_not_read_the_first(archive)
    if first is None:
        routing.give_up(1)
    else:
        routing.arrived("a", 1)
    with running(routing):
        wait_until("all is sent", lambda: routing.waiting == 0)
    routing = routing_of(archive)
    for change, instance in enumerate("ab", 1):
        routing.arrived(instance, change)
    assert routing.waiting == 0
    assert sorted(archive.sent) == (["a", "b"] if first is OURS else ["b"])


def test_one_that_came_before_the_list_could_be_read_is_sent_as_well() -> None:
    archive = Archive()
    archive.headers = dict.fromkeys("abc", OURS)
    before = routing_of(archive)
    before.arrived("a", 1)
    with running(before):
        wait_until("the first is sent", lambda: archive.sent == ["a"])
    routing = routing_of(archive)
    archive.forgets = True
    for change, instance in enumerate("ab", 1):
        with pytest.raises(OSError, match="ill"):
            routing.arrived(instance, change)
    archive.forgets = False
    for instance, change in (("c", 3), ("a", 1), ("b", 2)):
        routing.arrived(instance, change)
    with running(routing):
        wait_until("all is sent", lambda: routing.waiting == 0)
    assert sorted(archive.sent) == ["a", "b", "c"]


def test_giving_up_what_was_taken_note_of_or_never_told_changes_nothing() -> None:
    archive = Archive()
    archive.headers = {"a": OURS}
    routing = routing_of(archive)
    routing.arrived("a", 1)
    kept = archive.property
    routing.give_up(1)
    routing.give_up(7)
    routing_of(archive, "").give_up(1)
    assert (archive.property, routing.waiting) == (kept, 1)


def test_what_was_deleted_meanwhile_waits_no_longer() -> None:
    archive = Archive()
    archive.headers = {"a": OURS, "b": OURS}
    routing = routing_of(archive)
    routing.arrived("a", 1)
    routing.arrived("b", 2)
    del archive.headers["a"]
    with running(routing):
        wait_until("nothing waits", lambda: routing.waiting == 0)
    assert archive.sent == ["b"]


@given(st.lists(st.sampled_from(["restart", "arrive", "again"]), max_size=12))
def test_however_often_it_restarts_each_result_waits_once(acts: list[str]) -> None:
    archive, routing, change = Archive(), None, 0
    archive.headers = {str(number): OURS for number in range(20)}
    for act in acts:
        routing = None if act == "restart" else routing or routing_of(archive)
        if routing and act == "arrive":
            change += 1
            routing.arrived(str(change), change)
        elif routing:
            for earlier in range(1, change + 1):  # the change log is read again after a restart
                routing.arrived(str(earlier), earlier)
    last = routing_of(archive)
    with running(last):
        wait_until("all is sent", lambda: len(archive.sent) == change)
        wait_until("nothing waits", lambda: last.waiting == 0)
    assert archive.sent == [str(number) for number in range(1, change + 1)]


def test_an_object_is_ours_by_its_equipment_and_kind() -> None:
    assert is_our_result(OURS)
    assert not is_our_result({**OURS, "0008,0060": "MG"})
    assert not is_our_result({"0008,0060": "SR", "0018,a001": "MammoVLM"})
    assert not is_our_result({})


@pytest.mark.parametrize(
    "station",
    [
        {"AET": "PACS", "Host": "192.0.2.20", "Port": 2762, "UseDicomTls": True},
        {"AET": "PACS", "Host": "127.0.0.1", "Port": 104},
        ["PACS", "localhost", 104],
    ],
)
def test_results_go_by_tls_or_stay_on_this_machine(station: object) -> None:
    check_route("pacs", {"DicomModalities": {"pacs": station}})


@pytest.mark.parametrize(
    "station",
    [
        None,
        "PACS",
        [],
        ["PACS", "192.0.2.20", 104],
        {"AET": "PACS", "Host": "192.0.2.20", "Port": 104},
        {"AET": "PACS", "Host": "192.0.2.20", "Port": 104, "UseDicomTls": False},
    ],
)
def test_a_station_that_is_unknown_or_takes_results_in_the_clear_is_refused(
    station: object,
) -> None:
    with pytest.raises(SettingRefused, match=r"MammoVLM\.RouteTo"):
        check_route("pacs", {"DicomModalities": {"pacs": station}})
    with pytest.raises(SettingRefused, match="DicomModalities"):
        check_route("other", {"DicomModalities": {"pacs": station}})

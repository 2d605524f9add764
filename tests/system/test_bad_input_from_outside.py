"""Odd requests, odd messages and a silent broker do not stop the plugin from doing its work."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import psutil
import pytest
from pydicom import Dataset

from fuzz.rest_requests import odd_request
from fuzz.rest_routes import not_reached
from fuzz.rest_studies import known_studies
from local_servers import Orthanc, RabbitMQ, orthanc_server, rabbitmq_server, wait_until
from mammogram_files import four_views
from queue_reader import QueueReader
from system.chaos.odd_messages import publish_odd_events
from system.chaos.tcp_link import Mode, TcpLink

pytestmark = [pytest.mark.system, pytest.mark.slow]

SEED = 11
WARM_UP, REQUESTS = 100, 400
ALLOWED_GROWTH_MB = 60


@dataclass(frozen=True)
class Running:
    """Orthanc, its broker, and the cable between them."""

    orthanc: Orthanc
    broker: RabbitMQ
    cable: TcpLink


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with rabbitmq_server(tmp_path_factory.mktemp("rabbitmq")) as broker:
        cable = TcpLink(broker.port)
        url = f"amqp://guest:guest@127.0.0.1:{cable.port}//"
        folder = tmp_path_factory.mktemp("orthanc")
        with orthanc_server(folder, MAMMOVLM_BROKER_URL=url, MAMMOVLM_QUIET_S="0.5") as orthanc:
            wait_until("the plugin is connected", lambda: orthanc.get("/mammovlm/health").ok, 120)
            yield Running(orthanc, broker, cable)
        cable.close()


def goes_through(running: Running) -> None:
    """Send a study, take its job, tell its end, and see it on the study."""
    queue, views = QueueReader(running.broker), four_views(rows=64, columns=48)
    assert set(running.orthanc.send(views)) == {0}
    study = str(views[0].StudyInstanceUID)
    job = queue.wait_for_job(study)
    queue.tell(job, "rejected", reason="no-readable-view")
    running.orthanc.wait_for_state(study, "rejected", 60)


@pytest.mark.parametrize("mode", [Mode.SILENT, Mode.CUT, Mode.SLOW])
def test_images_are_taken_while_the_broker_does_not_answer(running: Running, mode: Mode) -> None:
    queue = QueueReader(running.broker)
    studies = [four_views(rows=64, columns=48) for _ in range(3)]
    running.cable.set_mode(mode)
    try:
        for views in studies:
            assert set(running.orthanc.send(views)) == {0}
            running.orthanc.wait_for_state(str(views[0].StudyInstanceUID), "ready", 60)
            if mode is Mode.SLOW:
                break
    finally:
        running.cable.set_mode(Mode.OPEN)
    for views in studies[: 1 if mode is Mode.SLOW else None]:
        assert len(queue.wait_for_job(str(views[0].StudyInstanceUID))["instances"]) == 4


def test_sequences_in_one_another_end_nothing(running: Running) -> None:
    for levels in (5, 10, 30, 60) * 3:
        for view in four_views(rows=64, columns=48):
            nested = Dataset()
            for _ in range(levels):
                outer = Dataset()
                outer.CodeMeaning, outer.ViewCodeSequence = "x", [nested]
                nested = outer
            view.ViewModifierCodeSequence = [nested]
            assert running.orthanc.send([view]) == [0], levels
    goes_through(running)


def test_odd_messages_are_dropped_and_later_ones_are_read(running: Running) -> None:
    publish_odd_events(running.broker, 300, SEED)
    goes_through(running)
    metrics = running.orthanc.get("/mammovlm/metrics").text
    assert 'mammovlm_messages_dropped_total{kind="malformed event"}' in metrics
    assert 'mammovlm_errors_total{kind="consumer"} 0\n' in metrics


def test_odd_requests_get_an_answer_and_keep_no_memory(running: Running) -> None:
    port, known = running.orthanc.http_port, known_studies(running.orthanc, running.broker)
    answers = [odd_request(port, n, known) for n in range(WARM_UP)]
    before = psutil.Process(running.orthanc.pid).memory_info().rss
    answers += [odd_request(port, n, known) for n in range(WARM_UP, WARM_UP + REQUESTS)]
    grown = psutil.Process(running.orthanc.pid).memory_info().rss - before
    assert [f"{one.told}: {one.fault}" for one in answers if one.fault] == []
    assert list(not_reached(Counter((one.route, one.status) for one in answers))) == []
    assert grown < ALLOWED_GROWTH_MB * 2**20
    goes_through(running)

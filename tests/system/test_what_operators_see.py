"""A system in use, seen by those who run it: everything they need, and nothing about patients."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pika
import pytest
import requests
from prometheus_client.parser import text_string_to_metric_families
from pydicom import Dataset

import marked_studies
from audit_schema import audit_faults, audit_messages
from local_stack import environment, wait_until
from mammovlm.stack import StackSettings
from marked_studies import MARK, files_below, places_of_marks
from whole_system import WholeSystem, running_system

pytestmark = pytest.mark.system

SPIES = {"spy.messages": ("mammovlm", "#"), "spy.dead": ("mammovlm.dead", "")}
WRONG_REQUESTS = (
    ("GET", f"studies/{MARK}"),
    ("GET", f"studies/{MARK}/page"),
    ("GET", f"worklist?state={MARK}"),
    ("GET", f"studies?since={MARK}"),
    ("GET", f"page/{MARK}"),
    ("PUT", f"studies/{MARK}/analyze"),
    ("POST", f"studies/{MARK}/analyze"),
    ("POST", "studies/1.2.3/analyze"),
)


@pytest.fixture(scope="module")
def system(
    require_program: Callable[..., str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[WholeSystem]:
    """Start the whole stack and use it as a department would, with marked studies only."""
    require_program("Orthanc", "orthanc")
    require_program("epmd", "rabbitmq-server")
    folder = tmp_path_factory.mktemp("operators")
    variables = {
        "MAMMOVLM_QUIET_S": "1",
        "MAMMOVLM_DEADLINE_S": "3",
        "MAMMOVLM_LOG_FORMAT": "json",
    }
    with running_system(folder, variables) as running:
        use(running)
        yield running


def use(system: WholeSystem) -> None:
    """Send studies of every kind, and wait until each has come to its end."""
    with broker(system) as channel:
        for name, (exchange, key) in SPIES.items():
            channel.queue_declare(name)
            channel.queue_bind(name, exchange, key)
    sent = {
        "done": system.send(marked_studies.badly_written()),
        "no-standard-view": system.send(marked_studies.without_standard_view()),
        "no-readable-view": system.send(marked_studies.unreadable()),
    }
    fail_one(system, marked_studies.analysable())
    ends = {name: system.result(uid) for name, uid in sent.items()}
    assert {name: end.reason or end.state for name, end in ends.items()} == {n: n for n in ends}
    system.intake.rerun(sent["done"])
    assert system.result(sent["done"], run=2).state == "done"
    ask(system, sent["done"])


def ask(system: WholeSystem, uid: str) -> None:
    """Ask about a result in words that name a person, and wait for the answer."""
    url = f"{system.settings.http_url}/mammovlm/studies/{uid}"
    said = {"question": "Does Zq7Given Zq7Family have dense breasts?", "asker": "Dr A"}
    assert requests.post(f"{url}/ask", json=said, timeout=30).status_code == 202
    wait_until(
        lambda: all(
            entry.get("answer")
            for entry in requests.get(f"{url}/conversation", timeout=30).json()["entries"]
        ),
        "the question is answered",
        timeout_s=150,
    )


def fail_one(system: WholeSystem, views: list[Dataset]) -> None:
    """Let a study fail: somebody else's malformed message with its job comes before its own."""
    uid = system.send(views)
    waiting = system.wait_for(uid, lambda now: now.state in {"queued", "running"}, "waits")
    study = f"{system.settings.http_url}/mammovlm/studies/{uid}"
    told = requests.get(study, timeout=30).json()
    job = {name: told[name] for name in ("orthanc_study_id", "job_id", "run")}
    content = {**job, "version": 2, "patient": {"name": "Zq7Family^Zq7Given"}}
    headers = {"lang": "py", "task": "mammovlm.analyze_study", "id": told["job_id"]}
    with broker(system) as channel:
        channel.basic_publish(
            "mammovlm",
            "analysis.urgent",
            json.dumps([[content], {}, {}]),
            pika.BasicProperties(
                content_type="application/json",
                content_encoding="utf-8",
                correlation_id=told["job_id"],
                headers=headers,
            ),
        )
    assert waiting.run == 1
    wait_until(lambda: failures(system) > 0, "the study is marked as failed", timeout_s=120)


def failures(system: WholeSystem) -> float:
    return sum(value for name, _, value in samples(system) if name == "mammovlm_failures_total")


def broker(system: WholeSystem) -> Any:
    """Give a channel that closes its connection at the end."""
    port = system.settings.amqp_port
    connection = pika.BlockingConnection(pika.ConnectionParameters("127.0.0.1", port))
    return _Channel(connection)


class _Channel:
    def __init__(self, connection: pika.BlockingConnection) -> None:
        self._connection = connection

    def __enter__(self) -> Any:
        return self._connection.channel()

    def __exit__(self, *_: object) -> None:
        self._connection.close()


def get(system: WholeSystem, path: str, method: str = "GET") -> requests.Response:
    return requests.request(method, f"{system.settings.http_url}/mammovlm/{path}", timeout=30)


def samples(system: WholeSystem) -> list[tuple[str, dict[str, str], float]]:
    """Read the metrics with Prometheus' own parser."""
    families = text_string_to_metric_families(get(system, "metrics").text)
    return [(s.name, s.labels, s.value) for family in families for s in family.samples]


def spied(system: WholeSystem) -> Iterator[tuple[str, bytes]]:
    """Give every message that went over the queues, with its headers."""
    with broker(system) as channel:
        for name in SPIES:
            while True:
                method, properties, body = channel.basic_get(name, auto_ack=True)
                if method is None:
                    break
                yield f"{name} {method.routing_key}", body + repr(properties).encode()


def test_nothing_outside_the_dicom_objects_tells_who_the_patient_is(system: WholeSystem) -> None:
    archive = system.settings.var / "orthanc"
    answers = [(f"{m} {p}", get(system, p, m).content) for m, p in WRONG_REQUESTS]
    asked = ("health", "live", "ready", "metrics", "studies", "opinions.csv")
    answers += [(path, get(system, path).content) for path in asked]
    messages = [m for m in spied(system) if b"Zq7Family^Zq7Given" not in m[1]]
    assert len([m for m in messages if m[0] == "spy.messages events"]) >= 8
    broker_files = system.settings.var / "rabbitmq"  # holds the other's message that has a name
    written = list(files_below(system.settings.var, archive, broker_files))
    written.append(("audit", (archive / "mammovlm-audit.log").read_bytes()))
    assert {"log/orthanc.log", "log/worker.log", "log/rabbitmq.log"} <= {n for n, _ in written}
    assert places_of_marks([*answers, *messages, *written]) == {}
    assert places_of_marks(files_below(archive)), "the marks are found where they belong"


def test_every_line_of_the_logs_about_a_study_says_which_and_which_job(
    system: WholeSystem,
) -> None:
    lines = [json.loads(line) for line in system.worker_log().splitlines() if line[:1] == "{"]
    assert len(lines) > 5
    analysed = [line for line in lines if "views analysed" in line["message"]]
    assert len(analysed) >= 2
    assert all(line["study_instance_uid"] and line["job_id"] for line in analysed)
    text = (system.settings.var / "log" / "orthanc.log").read_text()
    lines = [line for line in text.splitlines() if '"mammovlm-plugin"' in line]
    told = [json.loads(line[line.index("{") :]) for line in lines]
    states = [(line.get("state"), line["study_instance_uid"]) for line in told if "job_id" in line]
    assert {state for state, _ in states} >= {"queued", "running", "done", "rejected", "failed"}


def test_who_asked_is_recorded_in_messages_of_the_standard(system: WholeSystem) -> None:
    messages = audit_messages(system.settings.var / "orthanc" / "mammovlm-audit.log")
    assert [audit_faults(message) for message in messages] == [[]] * len(messages)
    for act in ("re-run", "question", "answer"):
        assert [m for m in messages if f'csd-code="{act}"' in m and 'OutcomeIndicator="0"' in m]


def test_the_metrics_tell_states_reasons_seconds_and_the_results_of_each_device(
    system: WholeSystem,
) -> None:
    wait_until(
        lambda: any(name == "mammovlm_density_count" for name, _, _ in samples(system)),
        "the results are measured",
    )
    found = samples(system)
    rejected = {labels.get("kind") for name, labels, value in found if "rejections" in name}
    assert {"no-standard-view", "no-readable-view"} <= rejected
    stages = {labels["stage"] for name, labels, _ in found if "stage_seconds_count" in name}
    assert stages == {"fetch", "read", "model", "explain", "objects", "check", "store"}
    devices = {
        (labels["manufacturer"], labels["model"])
        for name, labels, _ in found
        if name in {"mammovlm_density_count", "mammovlm_likelihood_count"}
    }
    assert devices == {("TEST MAKER", "TEST MODEL")}
    readers = {labels["queue"]: value for name, labels, value in found if "queue_consumers" in name}
    assert readers["mammovlm.analysis"] == 1
    oldest = {labels["state"]: value for name, labels, value in found if "oldest_study" in name}
    assert oldest["queued"] == 0


def test_alive_and_ready_are_told_apart_from_well(system: WholeSystem) -> None:
    assert get(system, "live").json() == {"alive": True}
    assert get(system, "ready").json() == {"ready": True}
    assert get(system, "health").json()["status"] == "ok"


def test_the_doctor_finds_a_working_installation_well(system: WholeSystem) -> None:
    code, told = doctor(system.settings)
    assert code == 0, told
    for subject in (
        "Orthanc: ",
        "Python plugin: ",
        "MammoVLM's plugin: ",
        "DICOMweb: ",
        "C-ECHO: ",
    ):
        assert f"fine  {subject}" in told, told
    assert told.count("fine  queues: ") >= 4
    assert re.search("fine  weights: compact: [0-9]+ parts, every hash as expected", told), told


def test_the_doctor_names_a_wrong_password_without_telling_it(system: WholeSystem) -> None:
    url = f"amqp://guest:sesame@127.0.0.1:{system.settings.amqp_port}//"
    code, told = doctor(system.settings, "--no-weights", MAMMOVLM_BROKER_URL=url)
    assert code == 1
    assert "MEND  broker: " in told
    assert "refuses the user or the password" in told
    assert "sesame" not in told


def test_the_doctor_names_what_does_not_answer_and_where_to_look(system: WholeSystem) -> None:
    code, told = doctor(
        system.settings,
        "--no-weights",
        "--orthanc",
        "http://127.0.0.1:9",
        MAMMOVLM_BROKER_URL="amqp://guest:guest@127.0.0.1:9//",
        MAMMOVLM_QUITE_S="3",
    )
    assert code == 1
    assert "amqp://127.0.0.1:9 does not answer" in told
    assert "MEND  Orthanc: http://127.0.0.1:9 does not answer" in told
    assert "nothing reads MAMMOVLM_QUITE_S" in told
    assert "Is MAMMOVLM_QUIET_S meant?" in told


def doctor(settings: StackSettings, *arguments: str, **others: str) -> tuple[int, str]:
    """Run `mammovlm doctor` on the installation of these settings."""
    broker_url = {"MAMMOVLM_BROKER_URL": settings.broker_url}
    dicomweb = {"MAMMOVLM_DICOMWEB_URL": f"{settings.http_url}/dicom-web"}
    done = subprocess.run(
        [sys.executable, "-c", "from mammovlm.cli import main; main()", "doctor", *arguments],
        env={**os.environ, **environment(settings), **broker_url, **dicomweb, **others},
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    return done.returncode, done.stdout + done.stderr

"""The production configuration, TLS everywhere: a report comes back, strangers stay out.

Orthanc (DICOM TLS), RabbitMQ (AMQPS), nginx (HTTPS) and a worker run from the files in docker/ and
orthanc/production/, with certificates and passwords of the project's own commands.
"""

import base64
import os
import socket
import ssl
import subprocess
from collections.abc import Callable, Iterator
from http.client import HTTPSConnection
from io import BytesIO
from pathlib import Path

import pika
import psutil
import pytest
import requests
from click.testing import CliRunner, Result
from pika.exceptions import ChannelClosedByBroker, ProbableAuthenticationError
from pydicom import Dataset, dcmread
from pynetdicom.sop_class import Verification  # type: ignore[attr-defined]

from conftest import ROOT
from free_ports import free_port
from local_stack import wait_until
from mammogram_files import four_views
from mammovlm.cli import main
from production_system import (
    AE_TITLE,
    BROKER_FAULTS,
    LOOPBACK,
    MODALITY,
    ProductionSystem,
    Secrets,
)

pytestmark = pytest.mark.system


@pytest.fixture(scope="module")
def system(
    require_program: Callable[..., str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ProductionSystem]:
    """Start the whole production system once for all tests."""
    for program, package in {
        "Orthanc": "orthanc",
        "epmd": "rabbitmq-server",
        "nginx": "nginx",
        "envsubst": "gettext-base",
    }.items():
        require_program(program, package)
    production = ProductionSystem(tmp_path_factory.mktemp("production"))
    try:
        production.start()
        yield production
    finally:
        production.stop()


@pytest.fixture(scope="module")
def foreign(tmp_path_factory: pytest.TempPathFactory) -> Secrets:
    """Certificates of another authority, with the same names."""
    return Secrets(tmp_path_factory.mktemp("foreign"))


@pytest.fixture(scope="module")
def image() -> Dataset:
    return four_views()[0]


def worker_of(system: ProductionSystem) -> tuple[str, str]:
    return "worker", system.secrets.text("mammovlm_dicomweb_password")


def status(system: ProductionSystem, study_uid: str) -> dict[str, object]:
    answer = system.get(f"/mammovlm/studies/{study_uid}", system.secrets.people)
    content: dict[str, object] = answer.json() if answer.ok else {}
    return content


def test_a_study_sent_over_tls_comes_back_as_a_report_over_https(
    system: ProductionSystem,
) -> None:
    images = four_views()
    study_uid = str(images[0].StudyInstanceUID)
    association = system.associate(images, system.secrets.client_context("modality"))
    assert association.is_established, system.log("orthanc")[-2000:]
    assert [association.send_c_store(image).Status for image in images] == [0, 0, 0, 0]
    association.release()

    def finished() -> bool:
        return status(system, study_uid).get("state") in {"done", "partial", "rejected", "failed"}

    wait_until(finished, f"the analysis ends, see {system.programs['worker'].log}", 400)
    now = status(system, study_uid)
    assert now["state"] == "done", now
    wanted = {"StudyInstanceUID": study_uid, "Modality": "SR"}
    question = {"Level": "Series", "Query": wanted, "Expand": True}
    found = system.request("POST", "/tools/find", system.secrets.people, json=question).json()
    content = system.get(f"/instances/{found[0]['Instances'][0]}/file", system.secrets.people)
    report = dcmread(BytesIO(content.content))
    assert report.StudyInstanceUID == study_uid
    assert report.VerificationFlag == "UNVERIFIED"


def test_the_worker_made_nothing_on_the_broker_and_complained_of_nothing(
    system: ProductionSystem,
) -> None:
    wait_until(lambda: "ready" in system.log("worker"), "the worker is ready", 200)
    log = system.log("worker")
    assert "ACCESS_REFUSED" not in log
    assert "delayed" not in log.lower()


def refused_dicom(
    system: ProductionSystem, image: Dataset, tls: ssl.SSLContext | None, **titles: str
) -> bool:
    association = system.associate([image], tls, **titles)
    was_established = bool(association.is_established)
    if was_established:
        association.abort()
    return not was_established


def test_dicom_without_tls_is_refused(system: ProductionSystem, image: Dataset) -> None:
    assert refused_dicom(system, image, None)


def test_dicom_over_tls_without_a_certificate_is_refused(
    system: ProductionSystem, image: Dataset
) -> None:
    assert refused_dicom(system, image, system.secrets.client_context())


def test_a_modality_with_a_certificate_of_another_authority_is_refused(
    system: ProductionSystem, foreign: Secrets, image: Dataset
) -> None:
    tls = system.secrets.client_context("modality", foreign.folder)
    assert refused_dicom(system, image, tls)


def test_a_modality_that_we_do_not_know_by_its_title_is_refused(
    system: ProductionSystem, image: Dataset
) -> None:
    tls = system.secrets.client_context("modality")
    assert refused_dicom(system, image, tls, calling="STRANGER")


def test_a_modality_that_calls_us_by_another_title_is_refused(
    system: ProductionSystem, image: Dataset
) -> None:
    tls = system.secrets.client_context("modality")
    assert refused_dicom(system, image, tls, called="ORTHANC")
    assert not refused_dicom(system, image, tls, called=AE_TITLE)


def test_a_known_station_that_may_not_store_stores_nothing(
    system: ProductionSystem, image: Dataset
) -> None:
    tls = system.secrets.client_context("modality")
    association = system.associate([image], tls, calling="VIEWER")
    stored = association.send_c_store(image) if association.is_established else Dataset()
    assert stored.get("Status") != 0
    association.abort()
    study = system.get(
        f"/dicom-web/studies/{image.StudyInstanceUID}/metadata", system.secrets.people
    )
    assert study.status_code == requests.codes.not_found


def test_the_broker_takes_no_connection_without_tls(system: ProductionSystem) -> None:
    with pytest.raises(BROKER_FAULTS):
        system.broker("worker", system.secrets.text("mammovlm_broker_password"), None)


def test_the_broker_takes_no_client_without_a_certificate_of_our_authority(
    system: ProductionSystem, foreign: Secrets
) -> None:
    password = system.secrets.text("mammovlm_broker_password")
    for tls in (
        system.secrets.client_context(),
        system.secrets.client_context("worker", foreign.folder),
    ):
        with pytest.raises(BROKER_FAULTS):
            system.broker("worker", password, tls)


@pytest.mark.parametrize("user", ["worker", "plugin", "guest"])
def test_the_broker_takes_no_wrong_password(system: ProductionSystem, user: str) -> None:
    with pytest.raises(ProbableAuthenticationError):
        system.broker(user, "guest", system.secrets.client_context("worker"))


def _declare(channel: pika.channel.Channel) -> None:
    channel.queue_declare("mammovlm.mine")


def _delete(channel: pika.channel.Channel) -> None:
    channel.queue_delete("mammovlm.analysis")


def _purge(channel: pika.channel.Channel) -> None:
    channel.queue_purge("mammovlm.events")


def _read_events(channel: pika.channel.Channel) -> None:
    channel.basic_get("mammovlm.events")


def _read_dead(channel: pika.channel.Channel) -> None:
    channel.basic_get("mammovlm.dead")


def _make_a_job(channel: pika.channel.Channel) -> None:
    channel.confirm_delivery()
    channel.basic_publish("mammovlm", "analysis", b"{}", mandatory=True)


def _write_past_the_exchange(channel: pika.channel.Channel) -> None:
    channel.confirm_delivery()
    channel.basic_publish("", "mammovlm.dead", b"{}", mandatory=True)


def _read_jobs(channel: pika.channel.Channel) -> None:
    channel.basic_get("mammovlm.analysis")


def _make_an_event(channel: pika.channel.Channel) -> None:
    channel.confirm_delivery()
    channel.basic_publish("mammovlm", "events", b"{}", mandatory=True)


@pytest.mark.parametrize(
    ("user", "forbidden"),
    [
        *(
            ("worker", act)
            for act in (_declare, _delete, _purge, _read_events, _read_dead, _make_a_job)
        ),
        ("worker", _write_past_the_exchange),
        *(("plugin", act) for act in (_declare, _delete, _read_jobs, _make_an_event)),
    ],
)
def test_users_of_the_broker_do_nothing_beyond_their_task(
    system: ProductionSystem, user: str, forbidden: Callable[[pika.channel.Channel], None]
) -> None:
    files = {"worker": "mammovlm_broker_password", "plugin": "plugin_broker_password"}
    tls = system.secrets.client_context("worker" if user == "worker" else "orthanc")
    with (
        system.broker(user, system.secrets.text(files[user]), tls) as connection,
        pytest.raises(ChannelClosedByBroker, match="ACCESS_REFUSED"),
    ):
        forbidden(connection.channel())


def test_http_without_tls_is_refused(system: ProductionSystem) -> None:
    with requests.Session() as session:
        session.trust_env = False
        answer = session.get(f"http://localhost:{system.https_port}/mammovlm/", timeout=10)
    assert answer.status_code == requests.codes.bad_request
    assert "MammoVLM" not in answer.text


@pytest.mark.parametrize(
    "path", ["/", "/system", "/mammovlm/", "/mammovlm/metrics", "/dicom-web/studies", "/ohif/"]
)
def test_https_without_or_with_a_wrong_password_is_refused(
    system: ProductionSystem, path: str
) -> None:
    user, _ = system.secrets.people
    for who in (None, (user, "wrong"), ("orthanc", "orthanc")):
        answer = system.get(path, who)
        assert answer.status_code == requests.codes.unauthorized, who
    assert "Basic" in system.get(path).headers["WWW-Authenticate"]


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion")  # old, and that is the point
def test_the_proxy_speaks_no_old_tls(system: ProductionSystem) -> None:
    context = system.secrets.client_context()
    context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
    context.set_ciphers("ALL:@SECLEVEL=0")
    with (
        socket.create_connection((LOOPBACK, system.https_port), 10) as plain,
        pytest.raises(ssl.SSLError),
    ):
        context.wrap_socket(plain, server_hostname="localhost")


@pytest.mark.parametrize(
    ("role", "method", "path"),
    [
        ("worker", "GET", "/dicom-web/studies"),
        ("worker", "GET", "/plugins"),
        ("worker", "GET", "/modalities"),
        ("worker", "GET", "/mammovlm/studies"),
        ("worker", "GET", "/instances"),
        ("worker", "POST", "/instances"),
        ("worker", "POST", "/mammovlm/studies/1.2.3/analyze"),
        ("worker", "POST", "/tools/find"),
        ("monitoring", "GET", "/mammovlm/studies"),
        ("monitoring", "GET", "/dicom-web/studies"),
        ("monitoring", "GET", "/studies"),
        ("radiology", "DELETE", "/studies/1"),
        ("radiology", "POST", "/instances"),
        ("radiology", "POST", "/dicom-web/studies"),
        ("radiology", "POST", "/tools/reset"),
        ("radiology", "POST", "/tools/shutdown"),
        ("radiology", "PUT", "/modalities/rogue"),
        ("radiology", "POST", "/mammovlm/studies/1.2.3/questions/1/answer"),
    ],
)
def test_nobody_does_over_http_what_is_not_theirs_to_do(
    system: ProductionSystem, role: str, method: str, path: str
) -> None:
    who = {
        "worker": worker_of(system),
        "monitoring": ("monitoring", system.secrets.text("monitoring_password")),
        "radiology": system.secrets.people,
    }[role]
    answer = system.request(method, path, who)
    refusals = {requests.codes.forbidden, requests.codes.not_found, requests.codes.bad_request}
    assert answer.status_code in refusals, answer.text
    assert system.get("/mammovlm/ready", system.secrets.people).ok


@pytest.mark.parametrize(
    "path",
    ["/mammovlm/../tools/reset", "/mammovlm/%2e%2e/tools/reset", "/mammovlm//../tools/reset"],
)
def test_no_detour_leads_to_what_is_forbidden(system: ProductionSystem, path: str) -> None:
    context = system.secrets.client_context()
    connection = HTTPSConnection("localhost", system.https_port, timeout=10, context=context)
    credentials = base64.b64encode(":".join(system.secrets.people).encode()).decode()
    # Written by hand: requests would tidy up the path.
    connection.request("POST", path, headers={"Authorization": f"Basic {credentials}"})
    assert connection.getresponse().status in {400, 403, 404}
    connection.close()


def test_the_proxy_writes_its_log_where_its_output_is_a_socket_as_under_systemd(
    system: ProductionSystem, tmp_path: Path
) -> None:
    port, (journal, output) = free_port(), socket.socketpair()
    environment = {
        "MAMMOVLM_TLS_DIR": str(system.secrets.folder),
        "MAMMOVLM_RUN_DIR": str(tmp_path),
        "MAMMOVLM_HTTPS_ADDRESS": LOOPBACK,
        "MAMMOVLM_HTTPS_PORT": str(port),
        "MAMMOVLM_ORTHANC_HTTP": f"{LOOPBACK}:{system.http_port}",
    }
    proxy = subprocess.Popen(
        [ROOT / "docker" / "proxy" / "start.sh"],
        env={**os.environ, **environment},
        stdout=output.fileno(),
    )
    output.close()
    journal.settimeout(20)

    def answers() -> bool:
        with socket.socket() as probe:
            return probe.connect_ex((LOOPBACK, port)) == 0

    try:
        wait_until(lambda: answers() or proxy.poll() is not None, "the second proxy starts", 20)
        with requests.Session() as session:
            session.trust_env = False
            session.verify = str(system.secrets.folder / "ca.crt")
            session.get(f"https://localhost:{port}/mammovlm/", timeout=10)
        assert b"GET /mammovlm/ 401" in journal.recv(4096)
    finally:
        proxy.terminate()
        proxy.wait(10)
        journal.close()


def test_orthancs_own_port_is_closed_to_other_machines(system: ProductionSystem) -> None:
    addresses = [
        address.address
        for addresses in psutil.net_if_addrs().values()
        for address in addresses
        if address.family is socket.AF_INET and not address.address.startswith("127.")
    ]
    if not addresses:
        pytest.skip("this machine has no address but loopback")
    url = f"http://{addresses[0]}:{system.http_port}/system"
    with requests.Session() as session:
        session.trust_env = False
        answer = session.get(url, auth=system.secrets.people, timeout=10)
    # Right user and password, and yet: Orthanc lets in loopback only.
    assert answer.status_code == requests.codes.unauthorized


def secrets_of(system: ProductionSystem) -> list[str]:
    names = ("plugin_broker_password", "mammovlm_broker_password", "mammovlm_dicomweb_password")
    return [*map(system.secrets.text, names), system.secrets.people[1]]


def test_no_password_is_in_any_log(system: ProductionSystem) -> None:
    for program in system.programs:
        log = system.log(program)
        assert not [secret for secret in secrets_of(system) if secret in log], program


def test_searches_by_patient_leave_no_name_in_any_log(system: ProductionSystem) -> None:
    name = "Unmistakable^Name"
    system.get(f"/dicom-web/studies?PatientName={name}", system.secrets.people)
    for program in system.programs:
        assert "Unmistakable" not in system.log(program), program


def test_verification_is_answered_to_known_stations_only(system: ProductionSystem) -> None:
    echo = Dataset()
    echo.SOPClassUID = Verification
    echo.file_meta = four_views()[0].file_meta
    tls = system.secrets.client_context("modality")
    association = system.associate([echo], tls)
    assert association.send_c_echo().Status == 0
    association.release()


def doctor(system: ProductionSystem, *arguments: str) -> Result:
    """Run `mammovlm doctor` with the worker's user, password and certificates."""
    folder = system.secrets.folder
    worker = {
        "MAMMOVLM_SECRETS_DIR": str(folder),
        "MAMMOVLM_BROKER_URL": f"amqps://worker@localhost:{system.amqps_port}/mammovlm",
        "MAMMOVLM_BROKER_CA_BUNDLE": str(folder / "ca.crt"),
        "MAMMOVLM_BROKER_CERTIFICATE": str(folder / "worker.crt"),
        "MAMMOVLM_BROKER_KEY": str(folder / "worker.key"),
        "MAMMOVLM_DICOMWEB_URL": f"{system.url}/dicom-web",
        "MAMMOVLM_DICOMWEB_USER": "worker",
        "MAMMOVLM_DICOMWEB_CA_BUNDLE": str(folder / "ca.crt"),
    }
    general = ["doctor", "--no-weights", "--orthanc", system.url]
    modality = ["--aet", MODALITY, "--dicom", f"localhost:{system.dicom_port}"]
    words = [*general, *modality, *arguments]
    return CliRunner().invoke(main, words, env=worker, catch_exceptions=False)


def of_the_modality(secrets: Secrets, ca: Secrets) -> list[str]:
    files = {"ca": ca.folder / "ca.crt", "certificate": secrets.folder / "modality.crt"}
    files["key"] = secrets.folder / "modality.key"
    return [word for name, path in files.items() for word in (f"--dicom-{name}", str(path))]


def test_the_doctor_finds_a_closed_installation_well_with_the_workers_rights_and_dicom_over_tls(
    system: ProductionSystem,
) -> None:
    wait_until(lambda: " ready." in system.log("worker"), "the worker reads its queue", 120)
    told = doctor(system, *of_the_modality(system.secrets, system.secrets))
    assert told.exit_code == 0, told.output
    for subject in ("broker", "Orthanc", "Python plugin", "MammoVLM's plugin", "DICOMweb"):
        assert f"fine  {subject}: " in told.output, told.output
    assert f"fine  DICOM TLS: localhost:{system.dicom_port} shows a certificate" in told.output
    assert f"fine  C-ECHO: localhost:{system.dicom_port} answers {MODALITY}" in told.output
    assert not [secret for secret in secrets_of(system) if secret in told.output]


def test_the_doctor_names_what_keeps_a_modality_out(
    system: ProductionSystem, foreign: Secrets
) -> None:
    plain = doctor(system).output
    assert "MEND  C-ECHO: " in plain
    assert "Over TLS give --dicom-ca" in plain
    strange = doctor(system, *of_the_modality(foreign, system.secrets)).output
    assert "MEND  C-ECHO: " in strange
    assert "trust the authority of --dicom-certificate?" in strange
    not_trusted = doctor(system, *of_the_modality(system.secrets, foreign)).output
    assert "MEND  DICOM TLS: " in not_trusted
    unknown = doctor(
        system, *of_the_modality(system.secrets, system.secrets), "--aet", "STRANGER"
    ).output
    assert "Is STRANGER among Orthanc's DicomModalities, with AllowEcho" in unknown

"""The production configuration: who may do what over HTTPS, and that there is no other way."""

import base64
import os
import socket
import ssl
import subprocess
from http.client import HTTPSConnection
from pathlib import Path

import psutil
import pytest
import requests

from conftest import ROOT
from free_ports import free_port
from local_stack import wait_until
from production_system import LOOPBACK, ProductionSystem

pytestmark = pytest.mark.system


def worker_of(system: ProductionSystem) -> tuple[str, str]:
    return "worker", system.secrets.text("mammovlm_dicomweb_password")


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


def test_a_large_body_does_not_reach_the_plugin_which_would_keep_its_memory(
    system: ProductionSystem,
) -> None:
    path = "/mammovlm/studies/1.2.3/opinion"
    for size, expected in ((90_000, requests.codes.bad_request), (100_000, 413)):
        answer = system.request("POST", path, system.secrets.people, data=b"x" * size)
        assert answer.status_code == expected, size


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

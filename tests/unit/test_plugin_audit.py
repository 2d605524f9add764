"""Who asked what: DICOM audit messages, to a file that only grows and to a syslog server."""

import base64
import json
import re
import socket
import ssl
import stat
import subprocess
import threading
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from audit_schema import audit_faults, audit_messages
from mammovlm_orthanc.archive import OrthancArchive
from mammovlm_orthanc.audit import AUDITED, Audit, open_audit
from mammovlm_orthanc.audit_message import (
    UNKNOWN,
    AuditAct,
    AuditEvent,
    AuditSource,
    Outcome,
    audit_message,
)
from mammovlm_orthanc.audit_syslog import syslog_target
from mammovlm_orthanc.audit_trail import AuditTrail
from mammovlm_orthanc.languages import ENGLISH
from mammovlm_orthanc.metrics import Counters
from mammovlm_orthanc.requester import asks_for_passwords
from mammovlm_orthanc.rest_messages import Answer, Refused, Request
from mammovlm_orthanc.settings import SettingRefused, Settings

SOURCE = AuditSource("MammoVLM@test", "42")
STUDY = "1.2.840.99.1"
SIGNED_IN = {"authorization": "Basic " + base64.b64encode(b"curie:radium").decode()}


def event(**others: Any) -> AuditEvent:
    facts: dict[str, Any] = {
        "at": 1_767_607_200.0,
        "act": AuditAct.ANALYSIS,
        "outcome": Outcome.SUCCESS,
        "study_instance_uid": STUDY,
        **others,
    }
    return AuditEvent(**facts)


def audit(folder: Path, *, authentication: bool = True) -> tuple[Audit, Path, Counters]:
    configuration = {
        "StorageDirectory": str(folder),
        "Name": "Ward",
        "AuthenticationEnabled": authentication,
    }
    counters = Counters()
    archive = OrthancArchive(None)  # type: ignore[arg-type]  # never asked: UIDs are in the paths
    opened = open_audit(configuration, Settings(), archive, counters)
    return opened, folder / "mammovlm-audit.log", counters


def posted(path: str, body: dict[str, Any] | bytes = b"", **headers: str) -> Request:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Request("POST", path, body=content, headers={**SIGNED_IN, **headers})


def answered(status: HTTPStatus = HTTPStatus.ACCEPTED, **content: Any) -> Answer:
    return Answer(status, json.dumps(content))


def parsed(path: Path) -> list[etree._Element]:
    messages = audit_messages(path)
    assert [audit_faults(message) for message in messages] == [[]] * len(messages)
    return [etree.fromstring(message) for message in messages]


@pytest.mark.parametrize("act", list(AuditAct))
@pytest.mark.parametrize("outcome", list(Outcome))
def test_every_message_is_one_of_the_standards_schema(act: AuditAct, outcome: Outcome) -> None:
    message = audit_message(
        event(act=act, outcome=outcome, signed="MC", description="HTTP 409", report_uid="1.2.3"),
        SOURCE,
    )
    assert audit_faults(message) == []
    assert etree.fromstring(message).find("EventIdentification/EventID").get("csd-code") in {
        "110103",
        "110111",
    }


def test_the_schema_of_the_test_refuses_what_is_not_a_message() -> None:
    message = audit_message(event(), SOURCE)
    for changed in (
        message.replace('EventOutcomeIndicator="0"', 'EventOutcomeIndicator="1"'),
        message.replace("AuditSourceID", "AuditSource"),
        message.replace('csd-code="110111" ', ""),
        re.sub("<ParticipantObjectName>[^/]*/ParticipantObjectName>", "", message),
    ):
        assert changed != message
        assert audit_faults(changed)


@settings(deadline=None, max_examples=50)
@given(st.text(max_size=80), st.text(max_size=80))
def test_no_name_breaks_a_message_or_begins_another_one(user: str, signed: str) -> None:
    message = audit_message(event(user=user, signed=signed), SOURCE)
    assert audit_faults(message) == []
    assert len(message.splitlines()) == 1


def test_the_patient_is_withheld_and_the_study_named() -> None:
    message = etree.fromstring(audit_message(event(), SOURCE))
    objects = {
        found.get("ParticipantObjectTypeCodeRole"): found
        for found in message.findall("ParticipantObjectIdentification")
    }
    assert objects["3"].get("ParticipantObjectID") == STUDY
    assert objects["1"].get("ParticipantObjectID") == "withheld"
    assert objects["1"].findtext("ParticipantObjectDescription/Anonymized") == "true"


@pytest.mark.parametrize(
    ("path", "body", "told", "act"),
    [
        ("analyze", {}, {"run": 1}, "analysis"),
        ("analyze", {"priority": "urgent"}, {"run": 3}, "re-run"),
        ("urgent", {}, {"run": 1}, "urgent"),
        ("opinion", {"act": "agree"}, {}, "agreed"),
        ("opinion", {"act": "disagree"}, {}, "disagreed"),
        ("opinion", {"act": "withdrawn"}, {}, "opinion-withdrawn"),
        ("patient-text", {"act": "edited", "text": "secret"}, {}, "patient-text-edited"),
        ("patient-text", {"act": "released", "text": "secret"}, {}, "patient-text-released"),
        ("patient-text", {"act": "withdrawn"}, {}, "patient-text-withdrawn"),
        ("ask", {"question": "secret", "asker": "Dr A"}, {}, "question"),
        ("questions/2/answer", {"text": "secret"}, {}, "answer"),
    ],
)
def test_each_request_for_a_change_is_one_record_without_its_words(
    tmp_path: Path, path: str, body: dict[str, Any], told: dict[str, Any], act: str
) -> None:
    opened, file, counters = audit(tmp_path)
    opened.record(posted(f"studies/{STUDY}/{path}", body), answered(**told))
    (message,) = parsed(file)
    assert message.find("EventIdentification/EventTypeCode").get("csd-code") == act
    assert message.find("EventIdentification").get("EventOutcomeIndicator") == "0"
    assert message.find("ActiveParticipant[@UserIsRequestor='true']").get("UserID") == "curie"
    assert "secret" not in file.read_text()
    assert counters.value("audit_records", act) == 1


def test_reading_is_not_recorded(tmp_path: Path) -> None:
    opened, file, _ = audit(tmp_path)
    opened.record(Request("GET", f"studies/{STUDY}"), answered(HTTPStatus.OK))
    opened.record(posted("somewhere/else"), answered(HTTPStatus.NOT_FOUND))
    assert parsed(file) == []


@pytest.mark.parametrize(
    ("status", "outcome"),
    [(HTTPStatus.FORBIDDEN, "4"), (HTTPStatus.CONFLICT, "4"), (HTTPStatus.BAD_GATEWAY, "8")],
)
def test_a_refusal_is_recorded_as_one(tmp_path: Path, status: HTTPStatus, outcome: str) -> None:
    opened, file, _ = audit(tmp_path)
    refused = Refused(status, "unsigned").answer(ENGLISH)
    opened.record(posted(f"studies/{STUDY}/opinion", b"{nothing}"), refused)
    (message,) = parsed(file)
    assert message.find("EventIdentification").get("EventOutcomeIndicator") == outcome
    assert message.findtext("EventIdentification/EventOutcomeDescription") == f"HTTP {int(status)}"


def test_what_is_no_uid_may_be_a_name_and_is_not_recorded(tmp_path: Path) -> None:
    opened, file, _ = audit(tmp_path)
    request = posted("studies/Mary^Doe/opinion", {"act": "agree", "report_uid": "Mary^Doe"})
    opened.record(request, answered(HTTPStatus.NOT_FOUND))
    assert "Mary" not in file.read_text()
    assert f'ParticipantObjectID="{UNKNOWN}"' in file.read_text()


def test_a_user_whose_password_nobody_checked_is_unknown(tmp_path: Path) -> None:
    opened, file, _ = audit(tmp_path, authentication=False)
    opened.record(posted(f"studies/{STUDY}/opinion", {"reader": "M. Curie"}), answered())
    (message,) = parsed(file)
    asked = message.find("ActiveParticipant[@UserIsRequestor='true']")
    assert (asked.get("UserID"), asked.get("UserName")) == (UNKNOWN, "M. Curie")


def test_orthanc_asks_for_passwords_where_it_lets_others_in_unless_told_otherwise() -> None:
    assert asks_for_passwords({"RemoteAccessAllowed": True})
    assert not asks_for_passwords({})
    assert not asks_for_passwords({"RemoteAccessAllowed": True, "AuthenticationEnabled": False})


def test_the_file_only_grows_is_its_owners_alone_and_may_be_rotated(tmp_path: Path) -> None:
    file = tmp_path / "audit.log"
    trail = AuditTrail(file, None, lambda: None)
    trail.write("one")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    file.rename(tmp_path / "audit.log.1")  # as logrotate does
    trail.write("two")
    trail.close()
    again = AuditTrail(file, None, lambda: None)
    again.write("three")
    again.close()
    assert (tmp_path / "audit.log.1").read_text() == "one\n"
    assert file.read_text() == "two\nthree\n"


def test_a_record_that_the_disk_does_not_take_is_counted(tmp_path: Path) -> None:
    lost: list[int] = []
    trail = AuditTrail(Path("/dev/full"), None, lambda: lost.append(1))
    trail.write("one")
    assert lost == [1]


def test_a_file_that_cannot_be_opened_stops_orthanc_with_the_settings_name(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    settings = Settings(audit_file=tmp_path / "file" / "audit.log")
    archive = OrthancArchive(None)  # type: ignore[arg-type]
    with pytest.raises(SettingRefused, match="AuditFile"):
        open_audit({}, settings, archive, Counters())


SYSLOG = re.compile(
    r"<85>1 \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00 \S+ MammoVLM \d+ DICOM\+RFC3881 - "
    "\ufeff(<AuditMessage>.*</AuditMessage>)"
)


def test_records_go_to_a_syslog_server_by_udp() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        server.settimeout(10)
        target = syslog_target(f"udp://127.0.0.1:{server.getsockname()[1]}")
        trail = AuditTrail(None, target, lambda: None)
        trail.write(audit_message(event(), SOURCE))
        trail.close()
        sent = SYSLOG.fullmatch(server.recv(65_536).decode())
    assert sent
    assert audit_faults(sent[1]) == []


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("certificate")
    key, crt = folder / "key", folder / "crt"
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2"
    names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    subprocess.run(
        [*command.split(), *names, "-keyout", key, "-out", crt], check=True, capture_output=True
    )
    return crt, key


def test_records_go_to_a_syslog_server_by_tls_framed_by_their_length(
    certificate: tuple[Path, Path],
) -> None:
    crt, key = certificate
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(crt, key)
    received: list[bytes] = []
    with socket.create_server(("localhost", 0)) as server:

        def take() -> None:
            connection, _ = server.accept()
            with context.wrap_socket(connection, server_side=True) as tls:
                while part := tls.recv(65_536):
                    received.append(part)

        thread = threading.Thread(target=take)
        thread.start()
        target = syslog_target(f"tls://localhost:{server.getsockname()[1]}", crt)
        trail = AuditTrail(None, target, lambda: None)
        for _ in range(2):
            trail.write(audit_message(event(), SOURCE))
        trail.close()
        thread.join(10)
    content = b"".join(received)
    for _ in range(2):
        length, _, rest = content.partition(b" ")
        assert SYSLOG.fullmatch(rest[: int(length)].decode())
        content = rest[int(length) :]
    assert content == b""


def test_a_syslog_server_that_nobody_vouches_for_gets_nothing_and_the_loss_is_counted(
    certificate: tuple[Path, Path],
) -> None:
    crt, key = certificate
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(crt, key)
    lost: list[int] = []
    with socket.create_server(("localhost", 0)) as server:

        def refuse() -> None:
            connection, _ = server.accept()
            with pytest.raises((ssl.SSLError, ConnectionError)):
                context.wrap_socket(connection, server_side=True)

        thread = threading.Thread(target=refuse)
        thread.start()
        target = syslog_target(f"tls://localhost:{server.getsockname()[1]}")
        trail = AuditTrail(None, target, lambda: lost.append(1))
        trail.write("one")
        trail.close()
        thread.join(10)
    assert lost == [1]


def test_every_route_that_changes_something_is_recorded() -> None:
    """Reads the sources: a new POST route without an audit rule fails here."""
    folder = Path(__file__).parents[2] / "plugin" / "mammovlm_orthanc"
    text = "".join(path.read_text() for path in folder.glob("*.py"))
    posts = re.findall(r'\("(?:POST|PUT|DELETE)", rf?"([^"]+)"', text)
    assert len(posts) >= 5
    names = [
        re.sub(r"\(\[\^/\]\+\)", "1.2.3", pattern)
        .replace(r"(opinion|patient-text)", name)
        .replace("{question}", "studies/1.2.3/questions/1")
        for pattern in posts
        for name in ("opinion", "patient-text")
    ]
    unrecorded = [n for n in names if not any(re.fullmatch(r.pattern, n) for r in AUDITED)]
    assert unrecorded == []

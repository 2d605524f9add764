# SPDX-License-Identifier: AGPL-3.0-or-later
"""Reads from a request and its answer who asked what, and keeps it in the audit trail.

Every request that may change something is one record, also the refused ones. What a caller wrote
in free words is never part of it.
"""

import json
import os
import re
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any

from mammovlm_orthanc import clock
from mammovlm_orthanc.archive import ORTHANC_ID, NotInArchive, OrthancArchive
from mammovlm_orthanc.audit_message import (
    UNKNOWN,
    AuditAct,
    AuditEvent,
    AuditSource,
    Outcome,
    audit_message,
)
from mammovlm_orthanc.audit_syslog import SyslogTarget, syslog_target
from mammovlm_orthanc.audit_trail import AuditTrail
from mammovlm_orthanc.metrics import Counters
from mammovlm_orthanc.request_json import read_json
from mammovlm_orthanc.requester import asks_for_passwords, basic_user
from mammovlm_orthanc.rest_messages import Answer, Request
from mammovlm_orthanc.review import LONGEST_READER, Act, Subject
from mammovlm_orthanc.settings import SettingRefused, Settings
from mammovlm_orthanc.unexpected import log_unexpected

FILE_NAME = "mammovlm-audit.log"
"""In Orthanc's StorageDirectory, where the settings name no other file."""

_UID = re.compile(r"[0-9][0-9.]{0,63}")
_Reader = Callable[[Mapping[str, Any], Mapping[str, Any]], AuditAct]


@dataclass(frozen=True)
class AuditedRoute:
    """A route whose requests are recorded.

    Parameters
    ----------
    pattern
        Regular expression of the path; its first group names the study.
    act
        Reads what was asked from the body of the request and of the answer.
    """

    pattern: str
    act: _Reader


_SAID = {
    (Subject.OPINION, Act.AGREE): AuditAct.AGREED,
    (Subject.OPINION, Act.DISAGREE): AuditAct.DISAGREED,
    (Subject.OPINION, Act.WITHDRAWN): AuditAct.OPINION_WITHDRAWN,
    (Subject.PATIENT_TEXT, Act.EDITED): AuditAct.TEXT_EDITED,
    (Subject.PATIENT_TEXT, Act.RELEASED): AuditAct.TEXT_RELEASED,
    (Subject.PATIENT_TEXT, Act.WITHDRAWN): AuditAct.TEXT_WITHDRAWN,
}


def _analysis(_asked: Mapping[str, Any], told: Mapping[str, Any]) -> AuditAct:
    run = told.get("run", 1)
    return AuditAct.RERUN if isinstance(run, int) and run > 1 else AuditAct.ANALYSIS


def _said_about(subject: Subject) -> _Reader:
    def read(asked: Mapping[str, Any], _told: Mapping[str, Any]) -> AuditAct:
        acts = {str(act): found for (about, act), found in _SAID.items() if about is subject}
        return acts.get(str(asked.get("act")), AuditAct.REFUSED)

    return read


AUDITED = (
    AuditedRoute(r"studies/([^/]+)/analyze", _analysis),
    AuditedRoute(r"studies/([^/]+)/urgent", lambda _asked, _told: AuditAct.URGENT),
    AuditedRoute(r"studies/([^/]+)/opinion", _said_about(Subject.OPINION)),
    AuditedRoute(r"studies/([^/]+)/patient-text", _said_about(Subject.PATIENT_TEXT)),
    AuditedRoute(r"studies/([^/]+)/ask", lambda _asked, _told: AuditAct.QUESTION),
    AuditedRoute(r"studies/([^/]+)/questions/\d+/answer", lambda _asked, _told: AuditAct.ANSWER),
)


class Audit:
    """Records requests.

    Parameters
    ----------
    trail
        Where to.
    archive
        Knows the Study Instance UID of a study that is named by Orthanc's identifier.
    counters
        Counts records.
    source_name
        Of this Orthanc.
    checks_passwords
        Whether the user that a request names is one whose password was checked.
    """

    def __init__(
        self,
        trail: AuditTrail,
        archive: OrthancArchive,
        counters: Counters,
        source_name: str,
        *,
        checks_passwords: bool,
    ) -> None:
        self._trail = trail
        self._archive = archive
        self._counters = counters
        self._checks_passwords = checks_passwords
        self._source = AuditSource(f"{source_name}@{socket.gethostname()}", str(os.getpid()))

    def close(self) -> None:
        """Send what waits."""
        self._trail.close()

    def record(self, request: Request, answer: Answer) -> None:
        """Record a request that may have changed something; others are let pass."""
        if request.method == "GET":
            return
        for route in AUDITED:
            match = re.fullmatch(route.pattern, request.path.strip("/"))
            if match:
                event = self._event(request, answer, route, match.group(1))
                self._counters.add("audit_records", event.act)
                self._trail.write(audit_message(event, self._source))
                return

    def _event(
        self, request: Request, answer: Answer, route: AuditedRoute, study: str
    ) -> AuditEvent:
        asked = _document(request.body, read_json)
        told = _document(answer.body.encode(), json.loads)
        return AuditEvent(
            at=clock.now(),
            act=route.act(asked, told),
            outcome=_outcome(answer.status),
            user=self._user(request),
            signed=str(asked.get("reader") or asked.get("asker") or "")[:LONGEST_READER],
            description="" if answer.status < 400 else f"HTTP {int(answer.status)}",
            study_instance_uid=self._study_instance_uid(study),
            report_uid=_uid(asked.get("report_uid")),
        )

    def _user(self, request: Request) -> str:
        return (basic_user(request.headers) if self._checks_passwords else "") or UNKNOWN

    def _study_instance_uid(self, name: str) -> str:
        if not ORTHANC_ID.fullmatch(name):
            return _uid(name) or UNKNOWN
        try:
            return self._archive.study_instance_uid(name) or UNKNOWN
        except NotInArchive:
            return UNKNOWN
        except Exception as error:  # noqa: BLE001  the record must be written, Orthanc well or not
            log_unexpected("looking up a study for the audit record", error)
            return UNKNOWN


def open_audit(
    configuration: Mapping[str, object],
    settings: Settings,
    archive: OrthancArchive,
    counters: Counters,
) -> Audit:
    """Open the trail that the settings name.

    Raises
    ------
    SettingRefused
        If the file cannot be written, or a certificate cannot be read.
    """
    folder = Path(str(configuration.get("StorageDirectory") or "."))
    file = settings.audit_file or folder / FILE_NAME
    try:
        trail = AuditTrail(file, _syslog(settings), lambda: counters.add("audit_records_lost"))
    except OSError as error:  # ssl's errors are among them
        raise SettingRefused(
            f"MammoVLM.AuditFile or AuditSyslog...: {type(error).__name__} when opening the audit "
            "trail. Check that Orthanc may write the file and read the certificates."
        ) from error
    name = str(configuration.get("Name") or "Orthanc")
    return Audit(trail, archive, counters, name, checks_passwords=asks_for_passwords(configuration))


def _syslog(settings: Settings) -> SyslogTarget | None:
    if not settings.audit_syslog:
        return None
    return syslog_target(
        settings.audit_syslog,
        settings.audit_syslog_ca,
        settings.audit_syslog_certificate,
        settings.audit_syslog_key,
    )


def _outcome(status: HTTPStatus) -> Outcome:
    if status < HTTPStatus.BAD_REQUEST:
        return Outcome.SUCCESS
    is_ours = status >= HTTPStatus.INTERNAL_SERVER_ERROR
    return Outcome.SERIOUS_FAILURE if is_ours else Outcome.MINOR_FAILURE


def _uid(value: object) -> str:
    """Give a UID; "" for anything else, which might be a name."""
    return value if isinstance(value, str) and _UID.fullmatch(value) else ""


def _document(body: bytes, read: Callable[[bytes], Any]) -> Mapping[str, Any]:
    try:
        content = read(body) if body.strip() else {}
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}

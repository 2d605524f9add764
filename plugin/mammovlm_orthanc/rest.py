# SPDX-License-Identifier: AGPL-3.0-or-later
"""The routes under ``/mammovlm/``, free of Orthanc: a request in, an answer out.

| route | what |
|---|---|
| GET health | 200 if everything runs, 503 if not, and what does not |
| GET metrics | Prometheus text |
| GET studies?state=&since=&limit= | studies with a status, those that changed last first |
| GET studies/{id} | the status of one study, by Orthanc identifier or Study Instance UID |
| POST studies/{id}/analyze | analyse now with what is there; {"priority": "normal" or "urgent"} |

Errors are JSON: {"error": what is wrong, "do": what to do}.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from http import HTTPStatus
from typing import Any

from mammovlm_orthanc import clock
from mammovlm_orthanc.archive import ORTHANC_ID, NotInArchive, OrthancArchive
from mammovlm_orthanc.health import Health
from mammovlm_orthanc.intake import Intake
from mammovlm_orthanc.status import Priority, State, StatusUnreadable, StudyStatus
from mammovlm_orthanc.status_store import StatusStore

JSON = "application/json"
PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8"
_DEFAULT_LIMIT, _LARGEST_LIMIT = 100, 1000
_UID = re.compile(r"[0-9][0-9.]{0,63}", re.ASCII)


@dataclass(frozen=True)
class Request:
    """A request below ``/mammovlm/``."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True)
class Answer:
    """What goes back; ``allow`` names the methods of a route where another was asked."""

    status: HTTPStatus
    body: str
    content_type: str = JSON
    allow: str = ""


class _Refused(Exception):
    """Ends the handling of a request with an error for the caller."""

    def __init__(self, status: HTTPStatus, error: str, do: str, allow: str = "") -> None:
        super().__init__(error)
        self.answer = Answer(status, json.dumps({"error": error, "do": do}), allow=allow)


class RestApi:
    """Answers requests.

    Parameters
    ----------
    archive, store, intake
        Where studies are looked up, read, and asked for.
    health
        State of the plugin and metrics.
    """

    def __init__(
        self, archive: OrthancArchive, store: StatusStore, intake: Intake, health: Health
    ) -> None:
        self._archive = archive
        self._store = store
        self._intake = intake
        self._health = health
        self._routes: tuple[tuple[str, str, Callable[..., Answer]], ...] = (
            ("GET", r"health", self._get_health),
            ("GET", r"metrics", self._get_metrics),
            ("GET", r"studies", self._get_studies),
            ("GET", r"studies/([^/]+)", self._get_study),
            ("POST", r"studies/([^/]+)/analyze", self._post_analyze),
        )

    def answer(self, request: Request) -> Answer:
        """Answer a request; every fault of the caller gets a clear answer."""
        try:
            return self._dispatch(request)
        except _Refused as refused:
            return refused.answer

    def _dispatch(self, request: Request) -> Answer:
        for method, pattern, handle in self._routes:
            match = re.fullmatch(pattern, request.path.strip("/"))
            if match and method == request.method:
                return handle(request, *match.groups())
            if match:
                raise _Refused(
                    HTTPStatus.METHOD_NOT_ALLOWED,
                    f"{request.method} is not possible here.",
                    f"Use {method}.",
                    allow=method,
                )
        raise _Refused(
            HTTPStatus.NOT_FOUND,
            "There is nothing at this address.",
            "Use health, metrics, studies, studies/{id} or studies/{id}/analyze.",
        )

    def _get_health(self, _request: Request) -> Answer:
        report = self._health.report()
        is_fine = report["status"] == "ok"
        status = HTTPStatus.OK if is_fine else HTTPStatus.SERVICE_UNAVAILABLE
        return Answer(status, json.dumps(report))

    def _get_metrics(self, _request: Request) -> Answer:
        return Answer(HTTPStatus.OK, self._health.metrics(), PROMETHEUS)

    def _get_studies(self, request: Request) -> Answer:
        states = _states(request.query.get("state", ""))
        since = _since(request.query.get("since", ""))
        limit = _limit(request.query.get("limit", str(_DEFAULT_LIMIT)))
        found = [entry for entry in self._store.entries(states) if entry.changed_at >= since]
        content = {
            "studies": [asdict(entry) for entry in found[:limit]],
            "total": len(found),
            "is_list_complete": self._health.is_list_complete,
        }
        return Answer(HTTPStatus.OK, json.dumps(content))

    def _get_study(self, _request: Request, name: str) -> Answer:
        study_id = self._find(name)
        try:
            status = self._store.read(study_id)
        except NotInArchive as error:
            raise _unknown_study() from error
        except StatusUnreadable as error:
            raise _unreadable() from error
        if status is None:
            raise _Refused(
                HTTPStatus.NOT_FOUND,
                "This study has no status: it holds no mammogram, or came before MammoVLM.",
                "POST to studies/{id}/analyze to have it analysed.",
            )
        return Answer(HTTPStatus.OK, _document(study_id, status))

    def _post_analyze(self, request: Request, name: str) -> Answer:
        priority = _priority(request.body)
        study_id = self._find(name)
        try:
            status = self._intake.analyze_now(study_id, priority)
        except NotInArchive as error:
            raise _unknown_study() from error
        except StatusUnreadable as error:
            raise _unreadable() from error
        return Answer(HTTPStatus.ACCEPTED, _document(study_id, status))

    def _find(self, name: str) -> str:
        if ORTHANC_ID.fullmatch(name):
            return name
        if not _UID.fullmatch(name):
            raise _Refused(
                HTTPStatus.BAD_REQUEST,
                "This is neither an Orthanc identifier nor a Study Instance UID.",
                "GET studies lists both for every study.",
            )
        found = self._archive.studies_with_uid(name)
        if not found:
            raise _unknown_study()
        if len(found) > 1:
            raise _Refused(
                HTTPStatus.CONFLICT,
                f"Several patients have a study with this UID: {', '.join(sorted(found))}.",
                "Ask with one of these Orthanc identifiers, and correct the identification.",
            )
        return found[0]


def _document(study_id: str, status: StudyStatus) -> str:
    return json.dumps({"orthanc_study_id": study_id, **json.loads(status.to_json())})


def _unknown_study() -> _Refused:
    return _Refused(
        HTTPStatus.NOT_FOUND,
        "Orthanc has no such study.",
        "Send the study, or look for the right identifier with GET studies.",
    )


def _unreadable() -> _Refused:
    return _Refused(
        HTTPStatus.CONFLICT,
        "The status of this study was written by another version of MammoVLM.",
        "Use that version, or remove the study's metadata MammoVLM.",
    )


def _states(text: str) -> tuple[State, ...]:
    try:
        return tuple(State(part) for part in text.split(",")) if text else tuple(State)
    except ValueError as error:
        raise _Refused(
            HTTPStatus.BAD_REQUEST, "state is unknown.", f"Use some of: {', '.join(State)}."
        ) from error


def _since(text: str) -> str:
    try:
        # A plus sign in a query that was not escaped arrives as a blank.
        return clock.iso(clock.from_iso(text.replace(" ", "+"))) if text else ""
    except (ValueError, OverflowError, OSError) as error:
        raise _Refused(
            HTTPStatus.BAD_REQUEST,
            "since is no time.",
            "Write it like 2026-01-05T10:15:00Z.",
        ) from error


def _limit(text: str) -> int:
    if re.fullmatch(r"[0-9]{1,4}", text) and 1 <= int(text) <= _LARGEST_LIMIT:
        return int(text)
    raise _Refused(
        HTTPStatus.BAD_REQUEST, "limit is no such number.", f"Use 1 to {_LARGEST_LIMIT}."
    )


def _priority(body: bytes) -> Priority:
    try:
        content: Any = json.loads(body) if body.strip() else {}
        if not isinstance(content, dict) or set(content) - {"priority"}:
            raise ValueError
        return Priority(content.get("priority", Priority.NORMAL))
    except (ValueError, RecursionError, TypeError) as error:
        raise _Refused(
            HTTPStatus.BAD_REQUEST,
            "The body is not what is expected.",
            'Send nothing, or {"priority": "normal"} or {"priority": "urgent"}.',
        ) from error

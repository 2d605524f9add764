# SPDX-License-Identifier: AGPL-3.0-or-later
"""The routes under ``/mammovlm/`` for programs, and the way of every request to its route.

| route | what |
|---|---|
| GET health | 200 if everything runs, 503 if not, and what does not |
| GET live | 200 while all threads run that should; 503: restart Orthanc |
| GET ready | 200 when studies are taken in and all of them are known; a broker may be away |
| GET metrics | Prometheus text |
| GET studies?state=&since=&limit= | studies with a status, those that changed last first |
| GET studies/{id} | the status of one study, by Orthanc identifier or Study Instance UID |
| POST studies/{id}/analyze | analyse now with what is there; {"priority": "normal" or "urgent"} |
| POST studies/{id}/urgent | let a study that waits go before the others |

While the intake is switched off, analyze, urgent and ask are refused: nothing would come of them.

The page's own routes are in `page_rest`. Errors are JSON: {"code", "error": what is wrong, "do":
what to do}. Sentences are in the language of the settings, codes and states the same in every one.
Changes that another site makes a browser send are refused, see `same_origin`.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import asdict
from http import HTTPStatus

from mammovlm_orthanc import clock, rest_parameters, transitions
from mammovlm_orthanc.archive import NotInArchive, OrthancArchive
from mammovlm_orthanc.health import Health
from mammovlm_orthanc.intake import Intake
from mammovlm_orthanc.languages import DEFAULT, Language, language_of
from mammovlm_orthanc.rest_messages import Answer, Refused, Request, Route
from mammovlm_orthanc.same_origin import refuse_foreign
from mammovlm_orthanc.status import FINAL, StatusUnreadable, StudyStatus
from mammovlm_orthanc.status_store import StatusStore
from mammovlm_orthanc.study_names import (
    find_study,
    status_of,
    unknown_study,
    unreadable,
    without_status,
)

PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8"
_DEFAULT_LIMIT, _LARGEST_LIMIT = "100", 1000
_ASKS_A_WORKER = re.compile(r"studies/[^/]+/(?:analyze|urgent|ask)")


class RestApi:
    """Answers requests.

    Parameters
    ----------
    archive, store, intake
        Where studies are looked up, read, and asked for.
    health
        State of the plugin and metrics.
    more
        Further routes.
    language
        Of the sentences, for who has not chosen one.
    """

    def __init__(
        self,
        archive: OrthancArchive,
        store: StatusStore,
        intake: Intake,
        health: Health,
        more: Sequence[Route] = (),
        *,
        language: str = DEFAULT,
    ) -> None:
        self._archive = archive
        self._store = store
        self._intake = intake
        self._health = health
        self._language = language
        self._routes: tuple[Route, ...] = (
            ("GET", r"health", self._get_health),
            ("GET", r"live", lambda _request: _yes_or_no("alive", self._health.is_alive)),
            ("GET", r"ready", lambda _request: _yes_or_no("ready", self._health.is_ready)),
            ("GET", r"metrics", self._get_metrics),
            ("GET", r"studies", self._get_studies),
            ("GET", r"studies/([^/]+)", self._get_study),
            ("POST", r"studies/([^/]+)/analyze", self._post_analyze),
            ("POST", r"studies/([^/]+)/urgent", self._post_urgent),
            *more,
        )

    def answer(self, request: Request) -> Answer:
        """Answer a request; every fault of the caller gets a clear answer."""
        try:
            return self._dispatch(request)
        except Refused as refused:
            return refused.answer(self._language_of(request))

    def _dispatch(self, request: Request) -> Answer:
        allowed = ""
        for method, pattern, handle in self._routes:
            match = re.fullmatch(pattern, request.path.strip("/"))
            if match and method == request.method:
                if method != "GET":
                    refuse_foreign(request.headers)
                    self._refuse_while_off(request)
                return handle(request, *match.groups())
            allowed = method if match else allowed
        if allowed:
            raise Refused(
                HTTPStatus.METHOD_NOT_ALLOWED,
                "wrong-method",
                allow=allowed,
                method=request.method,
                allowed=allowed,
            )
        raise Refused(HTTPStatus.NOT_FOUND, "nothing-here")

    def _refuse_while_off(self, request: Request) -> None:
        if not self._health.is_enabled and _ASKS_A_WORKER.fullmatch(request.path.strip("/")):
            raise Refused(HTTPStatus.SERVICE_UNAVAILABLE, "switched-off")

    def _language_of(self, request: Request) -> Language:
        return language_of(request.headers, self._language)

    def _get_health(self, _request: Request) -> Answer:
        report = self._health.report()
        is_fine = report["status"] == "ok"
        status = HTTPStatus.OK if is_fine else HTTPStatus.SERVICE_UNAVAILABLE
        return Answer(status, json.dumps(report))

    def _get_metrics(self, _request: Request) -> Answer:
        return Answer(HTTPStatus.OK, self._health.metrics(), PROMETHEUS)

    def _get_studies(self, request: Request) -> Answer:
        states = rest_parameters.states(request.query.get("state", ""))
        since = rest_parameters.since(request.query.get("since", ""))
        limit = rest_parameters.limit(request.query.get("limit", _DEFAULT_LIMIT), _LARGEST_LIMIT)
        language = self._language_of(request)
        found = [entry for entry in self._store.entries(states) if entry.changed_at >= since]
        content = {
            "studies": [language.status(asdict(entry)) for entry in found[:limit]],
            "total": len(found),
            "is_list_complete": self._health.is_list_complete,
        }
        return Answer(HTTPStatus.OK, json.dumps(content))

    def _get_study(self, request: Request, name: str) -> Answer:
        study_id = find_study(self._archive, name)
        status = status_of(self._store, study_id)
        return Answer(HTTPStatus.OK, _document(study_id, status, self._language_of(request)))

    def _post_analyze(self, request: Request, name: str) -> Answer:
        priority = rest_parameters.priority(request.body)
        study_id = find_study(self._archive, name)
        try:
            status = self._intake.analyze_now(study_id, priority)
        except NotInArchive as error:
            raise unknown_study() from error
        except StatusUnreadable as error:
            raise unreadable() from error
        document = _document(study_id, status, self._language_of(request))
        return Answer(HTTPStatus.ACCEPTED, document)

    def _post_urgent(self, request: Request, name: str) -> Answer:
        study_id = find_study(self._archive, name)
        at = clock.iso(clock.now())

        def hurry(before: StudyStatus | None) -> StudyStatus | None:
            return before and transitions.made_urgent(before, at)

        try:
            status = self._store.update(study_id, hurry)
        except NotInArchive as error:
            raise unknown_study() from error
        except StatusUnreadable as error:
            raise unreadable() from error
        if status is None:
            raise without_status()
        if status.state in FINAL:
            raise Refused(HTTPStatus.CONFLICT, "not-waiting", state=status.state)
        document = _document(study_id, status, self._language_of(request))
        return Answer(HTTPStatus.ACCEPTED, document)


def _yes_or_no(what: str, is_so: bool) -> Answer:
    status = HTTPStatus.OK if is_so else HTTPStatus.SERVICE_UNAVAILABLE
    return Answer(status, json.dumps({what: is_so}))


def _document(study_id: str, status: StudyStatus, language: Language) -> str:
    content = language.status(json.loads(status.to_json()))
    return json.dumps({"orthanc_study_id": study_id, **content})

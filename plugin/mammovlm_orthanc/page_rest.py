# SPDX-License-Identifier: AGPL-3.0-or-later
"""The routes under ``/mammovlm/`` that the page uses.

| route | what |
|---|---|
| GET / | the worklist |
| GET study/{id} | the page of one study |
| GET page/{file} | its scripts and styles |
| GET worklist?state=&q=&limit= | rows of the worklist; with If-None-Match, 304 if nothing changed |
| GET studies/{id}/page | all that the page of a study shows; If-None-Match as above |
| POST studies/{id}/opinion | {"act": "agree", "disagree" or "withdrawn", "text", "reader", ...} |
| POST studies/{id}/patient-text | {"act": "edited", "released" or "withdrawn", "seen", ...} |
| GET opinions.csv | every opinion ever given |

Who says something signs with ``reader``; where Orthanc asks for a password, its user counts.
``report_uid`` names the report that they looked at: if there is a newer one, nothing is kept.
``seen`` is how many entries about the patient's text they have read: if there are more, nothing is
kept either, so that nobody's text is replaced unread. Saying the same again at once adds nothing.
"""

import re
import time
import uuid
from collections import Counter
from collections.abc import Iterator, Mapping
from http import HTTPStatus

from mammovlm_orthanc import clock, rest_parameters
from mammovlm_orthanc.archive import NotInArchive, OrthancArchive
from mammovlm_orthanc.languages import language_of
from mammovlm_orthanc.page_files import PageFiles
from mammovlm_orthanc.requester import basic_user
from mammovlm_orthanc.rest_messages import Answer, Refused, Request, Route, json_answer
from mammovlm_orthanc.review import (
    ACTS,
    LONGEST_READER,
    LONGEST_TEXT,
    Act,
    Review,
    ReviewChanged,
    ReviewEntry,
    ReviewFull,
    ReviewUnreadable,
    Subject,
)
from mammovlm_orthanc.review_export import opinions_as_csv
from mammovlm_orthanc.review_store import ReviewStore
from mammovlm_orthanc.status import FINAL, Priority, State, StudyStatus
from mammovlm_orthanc.status_store import StatusEntry, StatusStore
from mammovlm_orthanc.stored_study import StoredStudies
from mammovlm_orthanc.study_names import find_study, status_of, unknown_study
from mammovlm_orthanc.study_page import StudyPage
from mammovlm_orthanc.worklist import Worklist

_DEFAULT_LIMIT, _LARGEST_LIMIT, _LONGEST_SEARCH = "200", 500, 64
_OPINION = {"act": 16, "text": LONGEST_TEXT, "reader": LONGEST_READER, "report_uid": 64}
_BODIES = {Subject.OPINION: _OPINION, Subject.PATIENT_TEXT: {**_OPINION, "seen": 4}}
_PAUSE_BETWEEN_STUDIES_S = 0.001


class PageApi:
    """Answers the page.

    Parameters
    ----------
    archive, store, studies, reviews
        Where studies are looked up, and what is known and said about them.
    worklist, page
        What is shown.
    language
        Of readers that have not chosen one.
    """

    def __init__(
        self,
        archive: OrthancArchive,
        store: StatusStore,
        studies: StoredStudies,
        *,
        reviews: ReviewStore,
        worklist: Worklist,
        page: StudyPage,
        language: str,
    ) -> None:
        self._archive = archive
        self._store = store
        self._studies = studies
        self._reviews = reviews
        self._worklist = worklist
        self._page = page
        self._language = language
        self._files = PageFiles(language)
        self._this_start = uuid.uuid4().hex[:8]

    @property
    def routes(self) -> tuple[Route, ...]:
        """Its routes."""
        return (
            ("GET", r"", lambda request: self._files.page(request, "worklist")),
            ("GET", r"study/[^/]+", lambda request: self._files.page(request, "study")),
            ("GET", r"page/([^/]+)", self._files.get),
            ("GET", r"worklist", self._get_worklist),
            ("GET", r"studies/([^/]+)/page", self._get_study),
            ("GET", r"opinions\.csv", self._get_opinions),
            ("POST", r"studies/([^/]+)/(opinion|patient-text)", self._post_review),
        )

    def _get_worklist(self, request: Request) -> Answer:
        wanted = frozenset(rest_parameters.states(request.query.get("state", "")))
        limit = rest_parameters.limit(request.query.get("limit", _DEFAULT_LIMIT), _LARGEST_LIMIT)
        words = request.query.get("q", "").strip()[:_LONGEST_SEARCH]
        language = language_of(request.headers, self._language)
        entity_tag = self._entity_tag({**request.query, "language": language.tag})
        if request.headers.get("if-none-match") == entity_tag:
            return Answer(HTTPStatus.NOT_MODIFIED, "", headers={"ETag": entity_tag})
        entries = self._store.entries()
        if words:
            found = self._studies.search(words)
            entries = [entry for entry in entries if entry.orthanc_study_id in found]
        counts = Counter(str(entry.state) for entry in entries)
        shown = sorted((e for e in entries if e.state in wanted), key=_does_not_hurry)
        rows, is_complete = self._worklist.rows(shown[:limit])
        content = {
            "studies": [language.status(row) for row in rows],
            "total": len(shown),
            "has_viewer": self._page.has_viewer(),
            "counts": {str(state): counts[state] for state in State},
            "now": clock.iso(clock.now()),
        }
        return json_answer(content, {"ETag": entity_tag} if is_complete else {})

    def _get_study(self, request: Request, name: str) -> Answer:
        language = language_of(request.headers, self._language)
        entity_tag = self._entity_tag({"study": name, "language": language.tag})
        if request.headers.get("if-none-match") == entity_tag:
            return Answer(HTTPStatus.NOT_MODIFIED, "", headers={"ETag": entity_tag})
        study_id = find_study(self._archive, name)
        status = self._status(study_id)
        try:
            content = self._page.document(study_id, status, language)
        except NotInArchive as error:
            raise unknown_study() from error
        return json_answer({**content, "now": clock.iso(clock.now())}, {"ETag": entity_tag})

    def _get_opinions(self, _request: Request) -> Answer:
        headers = {
            "Cache-Control": "no-store",
            "Content-Disposition": 'attachment; filename="mammovlm-opinions.csv"',
        }
        text = opinions_as_csv(self._all_reviews())
        return Answer(HTTPStatus.OK, text, "text/csv; charset=utf-8", headers=headers)

    def _post_review(self, request: Request, name: str, subject_name: str) -> Answer:
        subject = Subject(subject_name)
        said = rest_parameters.texts(request.body, _BODIES[subject])
        act = _act(subject, said["act"])
        seen = _seen(said["seen"]) if subject is Subject.PATIENT_TEXT else None
        study_id = find_study(self._archive, name)
        status = self._status(study_id)
        if (status.latest_report or {}).get("sop_instance_uid") != said["report_uid"]:
            raise Refused(HTTPStatus.CONFLICT, "report-outdated")
        if subject is Subject.PATIENT_TEXT and act is not Act.WITHDRAWN and not said["text"]:
            raise Refused(HTTPStatus.BAD_REQUEST, "text-empty")
        entry = ReviewEntry(
            at=clock.iso(clock.now()),
            reader=_signature(request, said["reader"]),
            subject=subject,
            act=act,
            text=said["text"],
            run=status.run_of(said["report_uid"]),
            report_uid=said["report_uid"],
        )
        self._keep(study_id, entry, seen)
        language = language_of(request.headers, self._language)
        return json_answer(self._page.document(study_id, status, language))

    def _keep(self, study_id: str, entry: ReviewEntry, seen: int | None) -> None:
        try:
            self._reviews.add(study_id, entry, seen)
        except NotInArchive as error:
            raise unknown_study() from error
        except ReviewUnreadable as error:
            raise Refused(HTTPStatus.CONFLICT, "review-of-other-version") from error
        except ReviewChanged as error:
            raise Refused(HTTPStatus.CONFLICT, "text-changed") from error
        except ReviewFull as error:
            raise Refused(HTTPStatus.CONFLICT, "review-full") from error

    def _status(self, study_id: str) -> StudyStatus:
        return status_of(self._store, study_id)

    def _all_reviews(self) -> Iterator[tuple[str, Review]]:
        for entry in self._store.entries():
            time.sleep(_PAUSE_BETWEEN_STUDIES_S)  # lets other threads at Orthanc
            try:
                yield entry.study_instance_uid, self._reviews.read(entry.orthanc_study_id)
            except (NotInArchive, ReviewUnreadable):
                continue

    def _entity_tag(self, query: Mapping[str, str]) -> str:
        asked = hash(tuple(sorted(query.items()))) & 0xFFFFFFFF
        revisions = f"{self._store.revision}.{self._reviews.revision}"
        return f'"{self._this_start}.{revisions}.{asked:x}"'


def _does_not_hurry(entry: StatusEntry) -> bool:
    """Sort what is urgent and not yet done before all else; the order within stays."""
    return entry.priority is not Priority.URGENT or entry.state in FINAL


def _act(subject: Subject, name: str) -> Act:
    allowed = ACTS[subject]
    if name not in allowed:
        raise Refused(HTTPStatus.BAD_REQUEST, "unknown-act", allowed=", ".join(sorted(allowed)))
    return Act(name)


def _seen(number: str) -> int:
    if not re.fullmatch(r"[0-9]{1,4}", number):
        raise Refused(HTTPStatus.BAD_REQUEST, "no-seen")
    return int(number)


def _signature(request: Request, reader: str) -> str:
    """Give the user whose password Orthanc checked, or else what the reader wrote."""
    name = basic_user(request.headers) or reader
    if not name:
        raise Refused(HTTPStatus.BAD_REQUEST, "unsigned")
    return name[:LONGEST_READER]

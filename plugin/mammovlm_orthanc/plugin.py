# SPDX-License-Identifier: AGPL-3.0-or-later
"""Puts the parts together and hangs them into Orthanc: the glue, and nothing else."""

import json
import threading
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote_plus

from mammovlm_orthanc.archive import OrthancArchive
from mammovlm_orthanc.asking import Asking
from mammovlm_orthanc.audit import open_audit
from mammovlm_orthanc.background import Background
from mammovlm_orthanc.broker import Broker, Link
from mammovlm_orthanc.distributions import Distributions
from mammovlm_orthanc.event_consumer import EventConsumer
from mammovlm_orthanc.health import Health
from mammovlm_orthanc.languages import language_of
from mammovlm_orthanc.logs import log_into
from mammovlm_orthanc.metrics import Counters
from mammovlm_orthanc.orthanc_api import OrthancApi
from mammovlm_orthanc.page_rest import PageApi
from mammovlm_orthanc.publisher import Publisher
from mammovlm_orthanc.rest import RestApi
from mammovlm_orthanc.rest_messages import Answer, Refused, Request
from mammovlm_orthanc.results_watch import ResultsWatch
from mammovlm_orthanc.review_store import ReviewStore
from mammovlm_orthanc.settings import Settings
from mammovlm_orthanc.status_store import StatusStore
from mammovlm_orthanc.stored_study import StoredStudies
from mammovlm_orthanc.study_page import StudyPage
from mammovlm_orthanc.taking_in import TakingIn
from mammovlm_orthanc.unexpected import LOGGER, log_unexpected
from mammovlm_orthanc.upkeep import Upkeep
from mammovlm_orthanc.viewer import ROUTES as VIEWER_ROUTES
from mammovlm_orthanc.viewer import Viewer
from mammovlm_orthanc.worklist import Worklist

_JOIN_S = 3.0
UNEXPECTED = Refused(HTTPStatus.INTERNAL_SERVER_ERROR, "unexpected")


class Plugin:
    """The running plugin.

    Parameters
    ----------
    orthanc
        The module of Orthanc's Python plugin.
    settings
        As read from Orthanc's configuration.
    viewer
        OHIF.
    configuration
        Orthanc's.
    """

    def __init__(
        self,
        orthanc: OrthancApi,
        settings: Settings,
        viewer: Viewer,
        configuration: Mapping[str, object],
    ) -> None:
        counters, distributions = Counters(), Distributions()
        archive = OrthancArchive(orthanc)
        store = StatusStore(archive)
        shown = _Shown(archive)
        watch = ResultsWatch(shown.studies, shown.worklist, counters, distributions)
        store.watcher = watch.changed
        self._taking_in = TakingIn(archive, store, settings, counters)
        workers = _Workers(archive, store, settings, counters)
        bodies = {**workers.bodies, "drift": watch.run}
        if settings.enabled:
            routing = self._taking_in.routing
            bodies |= {"intake": self._taking_in.run, "routing": routing.run}
        self._threads = tuple(Background(name, body, counters) for name, body in bodies.items())
        health = Health(
            store,
            workers.upkeep,
            threads=self._threads,
            links=workers.links,
            queues=workers.queues,
            counters=counters,
            distributions=distributions,
            is_enabled=settings.enabled,
            to_route=lambda: self._taking_in.routing.waiting,
            postponed=lambda: self._taking_in.postponed,
        )
        page = shown.page_api(archive, store, viewer, settings.language)
        more = (*page.routes, *workers.routes)
        self._rest = RestApi(
            archive, store, self._taking_in.intake, health, more, language=settings.language
        )
        self._audit = open_audit(configuration, settings, archive, counters)
        self._counters, self._settings = counters, settings

    def answer(self, request: Request) -> Answer:
        """Answer a request, and record who asked for a change."""
        try:
            answer = self._rest.answer(request)
        except Exception as error:  # noqa: BLE001  Orthanc would log its text, which may quote a header
            self._counters.add("errors", "rest")
            log_unexpected("answering a request", error)
            answer = UNEXPECTED.answer(language_of(request.headers, self._settings.language))
        self._audit.record(request, answer)
        return answer

    def start(self) -> None:
        """Start the threads; switched off, only those that hear of workers and keep the list."""
        if self._settings.enabled:
            self._taking_in.find_place()
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Stop all threads; what they had not finished is done after the next start."""
        for thread in self._threads:
            thread.tell_to_stop()
        self._taking_in.wake()
        self._taking_in.routing.wake()
        for thread in self._threads:
            thread.join(_JOIN_S)
        self._audit.close()

    def wake(self) -> None:
        """Tell the intake that something new is in the change log."""
        self._taking_in.wake()


def register(orthanc: OrthancApi) -> None:
    """Hang MammoVLM into Orthanc; called once, from Orthanc's start script.

    Parameters
    ----------
    orthanc
        The module ``orthanc``.

    Raises
    ------
    SettingRefused
        If a setting makes no sense; Orthanc does not start then, and logs why.
    """
    log_into(orthanc)
    configuration = json.loads(orthanc.GetConfiguration())
    settings = Settings.from_configuration(configuration)
    log_into(orthanc, settings.log_format)
    viewer = Viewer(configuration)
    plugin = Plugin(orthanc, settings, viewer, configuration)
    new_instance = orthanc.ChangeType.NEW_INSTANCE
    started, stopped = orthanc.ChangeType.ORTHANC_STARTED, orthanc.ChangeType.ORTHANC_STOPPED

    def on_change(change: Any, _level: Any, _resource: Any) -> None:  # noqa: ANN401  Orthanc
        # Nothing but waking: whatever is done here would hold up Orthanc's later events.
        if change == new_instance:
            plugin.wake()
        elif change == started:
            plugin.start()
        elif change == stopped:
            plugin.stop()

    def on_request(output: Any, _uri: str, **request: Any) -> None:  # noqa: ANN401  Orthanc
        _send(output, plugin.answer(_request(request)))

    def on_viewer(output: Any, _uri: str, **request: Any) -> None:  # noqa: ANN401  Orthanc
        if request["method"] == "GET":
            language = language_of(request.get("headers", {}), settings.language)
            _send(output, viewer.answer("".join(request.get("groups") or ()), language))
        else:
            output.SendMethodNotAllowed("GET")

    orthanc.RegisterOnChangeCallback(on_change)
    for pattern in ("/mammovlm", "/mammovlm/(.*)"):  # Orthanc cuts off a slash at the end
        orthanc.RegisterRestCallback(pattern, on_request)
    for pattern in VIEWER_ROUTES:
        orthanc.RegisterRestCallback(pattern, on_viewer)
    LOGGER.warning("MammoVLM's intake is %s", "registered" if settings.enabled else "switched off")


class _Workers:
    """What is sent to the workers and heard of them, over the broker."""

    def __init__(
        self, archive: OrthancArchive, store: StatusStore, settings: Settings, counters: Counters
    ) -> None:
        broker = Broker.from_settings(settings)
        asking = Asking(archive, store, counters)
        publisher = Publisher(broker, store, asking.outbox, counters)
        consumer = EventConsumer(broker, store, asking.outbox, counters)
        self.routes = asking.routes
        self.queues = consumer.queues
        self.upkeep = Upkeep(archive, store, consumer.queues, settings, counters)
        self.links: tuple[Link, ...] = (consumer.link,)
        self.bodies: dict[str, Callable[[threading.Event], None]] = {
            "consumer": consumer.run,
            "upkeep": self.upkeep.run,
        }
        if settings.enabled:
            self.links += (publisher.link,)
            self.bodies["publisher"] = publisher.run


class _Shown:
    """What the page shows, and the metrics of results read as well."""

    def __init__(self, archive: OrthancArchive) -> None:
        self.studies = StoredStudies(archive)
        self._reviews = ReviewStore(self.studies)
        self.worklist = Worklist(self.studies, self._reviews)

    def page_api(
        self, archive: OrthancArchive, store: StatusStore, viewer: Viewer, language: str
    ) -> PageApi:
        page = StudyPage(self.studies, self.worklist, self._reviews, lambda: viewer.is_there)
        return PageApi(
            archive,
            store,
            self.studies,
            reviews=self._reviews,
            worklist=self.worklist,
            page=page,
            language=language,
        )


def _request(request: dict[str, Any]) -> Request:
    return Request(
        method=request["method"],
        path="".join(request.get("groups") or ()),
        # Orthanc decodes the path, but hands over the query as the browser escaped it.
        query={name: unquote_plus(value) for name, value in request.get("get", {}).items()},
        body=bytes(request.get("body") or b""),
        headers=request.get("headers", {}),
    )


def _send(output: Any, answer: Answer) -> None:  # noqa: ANN401  Orthanc
    if answer.status is HTTPStatus.METHOD_NOT_ALLOWED:
        # Orthanc drops the connection if a plugin sends 405 as any other status.
        output.SendMethodNotAllowed(answer.allow)
        return
    output.SetHttpHeader("Content-Type", answer.content_type)
    output.SetHttpHeader("X-Content-Type-Options", "nosniff")
    for name, value in answer.headers.items():
        output.SetHttpHeader(name, value)
    output.SendHttpStatus(int(answer.status), answer.body, len(answer.body.encode()))

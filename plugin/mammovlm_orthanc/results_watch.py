# SPDX-License-Identifier: AGPL-3.0-or-later
"""Metrics of what becomes of studies: ends, reasons, seconds, and drift of results by device.

Every change of a state passes here once, so a message that comes twice is counted once. The values
of a result are read from its stored report, as the page does: none of them is in a message. Device
names come from images; they are cut to plain characters, and only so many are told apart.
"""

import queue
import re
import threading

from mammovlm_orthanc import clock
from mammovlm_orthanc.archive import NotInArchive
from mammovlm_orthanc.dicom_tags import Tags, text
from mammovlm_orthanc.distributions import Distributions
from mammovlm_orthanc.logs import about
from mammovlm_orthanc.metrics import Counters
from mammovlm_orthanc.status import FINAL, WITH_REPORT, State, StudyStatus
from mammovlm_orthanc.stored_study import StoredStudies
from mammovlm_orthanc.unexpected import LOGGER
from mammovlm_orthanc.worklist import Worklist

MOST_DEVICES = 30
OTHER = ("other", "other")
_LONGEST_NAME, _LOOK_S, _MOST_WAITING = 32, 0.5, 10_000
_MANUFACTURER, _MODEL = "0008,0070", "0008,1090"
_COUNTED = {State.REJECTED: "rejections", State.FAILED: "failures"}


class ResultsWatch:
    """Counts changes of states, and in a thread of its own the values of results.

    Parameters
    ----------
    studies, worklist
        Give the header of an image, and stored reports.
    counters, distributions
        What is counted into.
    """

    def __init__(
        self,
        studies: StoredStudies,
        worklist: Worklist,
        counters: Counters,
        distributions: Distributions,
    ) -> None:
        self._studies = studies
        self._worklist = worklist
        self._counters = counters
        self._distributions = distributions
        self._with_report: queue.Queue[tuple[str, StudyStatus]] = queue.Queue(_MOST_WAITING)
        self._devices: set[tuple[str, str]] = set()

    def changed(self, study_id: str, before: StudyStatus | None, after: StudyStatus) -> None:
        """Count a change of a study's status; called once for each, and quick."""
        is_same = before and (before.state, before.run) == (after.state, after.run)
        if is_same:
            return
        LOGGER.info("A study is %s", after.state, extra=about(after))
        if after.state is State.RUNNING:
            self._observe_time("waiting_seconds", after, State.READY, str(after.priority))
        if after.state in FINAL:
            self._ended(study_id, after)

    def run(self, stop: threading.Event) -> None:
        """Read the results of studies that are done, until told to stop."""
        while not stop.is_set():
            try:
                study_id, status = self._with_report.get(timeout=_LOOK_S)
            except queue.Empty:
                continue
            try:
                self._observe_result(study_id, status)
            except NotInArchive:
                continue  # deleted a moment ago

    def _ended(self, study_id: str, after: StudyStatus) -> None:
        self._counters.add("runs", after.state)
        if after.state in _COUNTED:
            self._counters.add(_COUNTED[after.state], _code(after.reason))
        self._observe_time("turnaround_seconds", after, State.RECEIVING)
        for stage, seconds in after.timings_s.items():
            self._distributions.observe("stage_seconds", seconds, _code(stage))
        if after.state in WITH_REPORT:
            try:
                self._with_report.put_nowait((study_id, after))
            except queue.Full:
                self._counters.add("errors", "drift")

    def _observe_time(self, name: str, status: StudyStatus, since: State, *labels: str) -> None:
        begun = status.times.get(since)
        if begun:
            seconds = clock.from_iso(status.changed_at) - clock.from_iso(begun)
            self._distributions.observe(name, max(0.0, seconds), *labels)

    def _observe_result(self, study_id: str, status: StudyStatus) -> None:
        uid = (status.report or {}).get("sop_instance_uid", "")
        report = self._worklist.report(study_id, uid)
        if report is None or not status.instances:
            return
        image = self._studies.instance_id(status.instances[0]["sop_instance_uid"], study_id)
        device = self._known(device_of(self._studies.image_header(image)))
        for density in report.densities:
            self._distributions.observe("density", "ABCD".index(density.category) + 1, *device)
        for likelihood in report.likelihoods:
            self._distributions.observe(
                "likelihood", likelihood.value / 100, likelihood.name, *device
            )

    def _known(self, device: tuple[str, str]) -> tuple[str, str]:
        if device not in self._devices and len(self._devices) >= MOST_DEVICES:
            return OTHER
        self._devices.add(device)
        return device


def device_of(header: Tags) -> tuple[str, str]:
    """Give Manufacturer (0008,0070) and Manufacturer's Model Name (0008,1090), cut to a label."""
    manufacturer, model = (_label(text(header, tag)) for tag in (_MANUFACTURER, _MODEL))
    return manufacturer, model


def _label(value: str) -> str:
    plain = " ".join(re.sub(r"[^A-Za-z0-9 ._+/-]", " ", value).split())
    return plain[:_LONGEST_NAME].strip() or "unknown"


def _code(word: str) -> str:
    """Keep what is a code of ours; a worker of another version may send new ones."""
    return word if re.fullmatch(r"[a-z0-9_-]{1,40}", word) else "other"

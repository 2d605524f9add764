# SPDX-License-Identifier: AGPL-3.0-or-later
"""Gathers the images of each study until it can be decided, and writes the decision down.

What is in memory here can be lost at any time: the change log is read again from before the first
image of every study that is not yet decided.
"""

import uuid
from dataclasses import dataclass, field, replace

from mammovlm_orthanc import clock, transitions
from mammovlm_orthanc.archive import NotInArchive
from mammovlm_orthanc.metrics import Counters
from mammovlm_orthanc.readiness import Arrivals, Judgement, Verdict, judge, verdict_now
from mammovlm_orthanc.selection import Selection, select
from mammovlm_orthanc.settings import Settings
from mammovlm_orthanc.status import Priority, State, StatusUnreadable, StudyStatus
from mammovlm_orthanc.status_store import StatusStore
from mammovlm_orthanc.study_images import Image, StudyImages
from mammovlm_orthanc.unexpected import LOGGER, log_unexpected

RETRY_S = 5.0
"""Seconds after which a decision that could not be written is tried again."""


@dataclass
class Gathering:
    """A study whose images are still coming in.

    Parameters
    ----------
    study_instance_uid
        (0020,000D).
    first_change
        Number of the change that brought its first undecided image.
    arrivals
        When the images of this run came.
    images
        What each instance is for the intake; None for one that is no mammogram after all.
    """

    study_instance_uid: str
    first_change: int
    arrivals: Arrivals
    images: dict[str, Image | None] = field(default_factory=dict)

    @property
    def selection(self) -> Selection:
        """What would be analysed now."""
        return select(image for image in self.images.values() if image)


class Intake:
    """Decides which studies are ready. Every method is safe to call from any thread.

    Parameters
    ----------
    images
        Reads images.
    store
        Reads and writes statuses.
    settings
        Quiet time and deadline.
    counters
        Counts decisions.
    """

    def __init__(
        self, images: StudyImages, store: StatusStore, settings: Settings, counters: Counters
    ) -> None:
        self._images = images
        self._store = store
        self._settings = settings
        self._counters = counters
        self._gatherings: dict[str, Gathering] = {}

    @property
    def first_undecided_change(self) -> int | None:
        """Number of the oldest change that is still needed after a restart."""
        with self._store.lock:
            return min((g.first_change for g in self._gatherings.values()), default=None)

    def study_of_mammogram(self, instance_id: str) -> str | None:
        """Give the study of an instance, None where it is no mammogram, or gone."""
        return self._images.study_of_mammogram(instance_id)

    def arrived(self, study_id: str, instance_id: str, change: int, at: float) -> None:
        """Take in a new instance of a study; harmless where that was done before.

        Parameters
        ----------
        study_id, instance_id
            Orthanc's identifier.
        change
            Number of the change that told of it.
        at
            When it came, seconds since 1970.
        """
        with self._store.lock:
            gathering = self._gatherings.get(study_id)
            try:
                if gathering is None:
                    self._begin(study_id, change, at)
                else:
                    self._add(gathering, instance_id, at)
            except NotInArchive:
                self._drop(study_id)
            except StatusUnreadable:
                LOGGER.error("The status of study %s is of another version; left alone", study_id)

    def give_up(self, instance_id: str) -> bool:
        """Mark the study of an instance as failed that cannot be taken in.

        One whose other images are being gathered stays as it is: it will be decided. Raises what
        the archive raises, and changes nothing then.

        Returns
        -------
        bool
            Whether it is marked. Not so where the instance is no mammogram or gone, or its study
            is being gathered.
        """
        study_id = self._images.study_of_mammogram(instance_id)
        with self._store.lock:
            if study_id is None or study_id in self._gatherings:
                return False
            try:
                uid = self._images.study_instance_uid(study_id)
                self._store.update(
                    study_id,
                    lambda before: transitions.not_taken_in(before, uid, clock.iso(clock.now())),
                )
            except NotInArchive:
                self._drop(study_id)
                return False
            return True

    def decide_due(self, now: float) -> float | None:
        """Decide every study whose time has come.

        Returns
        -------
        float or None
            Seconds until the next study may be due; None where none is waiting.
        """
        waits: list[float] = []
        with self._store.lock:
            for study_id, gathering in list(self._gatherings.items()):
                judgement = self._judge(gathering, now)
                if judgement.verdict is not Verdict.WAITING:
                    judgement = self._decide_or_retry(study_id, now)
                if judgement.verdict is Verdict.WAITING:
                    waits.append(judgement.wait_s)
        return min(waits, default=None)

    def analyze_now(self, study_id: str, priority: Priority) -> StudyStatus:
        """Decide a study now with what is there, whatever its state: somebody asked.

        Raises
        ------
        NotInArchive
            If the study is not there.
        """
        at = clock.now()
        with self._store.lock:
            gathering = Gathering(self._images.study_instance_uid(study_id), 0, Arrivals(at, at))
            self._reload(study_id, gathering)
            selection = gathering.selection
            return self._write_decision(
                study_id, gathering, selection, verdict_now(selection), priority
            )

    def _begin(self, study_id: str, change: int, at: float) -> None:
        gathering = Gathering(self._images.study_instance_uid(study_id), change, Arrivals(at, at))
        self._reload(study_id, gathering)
        selection = gathering.selection
        if not selection.chosen and not selection.left_out:
            return
        status = self._store.read(study_id)
        if status and status.state is not State.RECEIVING and _is_known(status, selection):
            self._note_left_out(study_id, selection)
            return
        status = self._store.update(
            study_id,
            lambda before: transitions.receiving(
                before, gathering.study_instance_uid, clock.iso(at)
            ),
        )
        since = clock.from_iso(status.times[State.RECEIVING])
        gathering.arrivals = Arrivals(min(since, at), at)
        self._gatherings[study_id] = gathering

    def _add(self, gathering: Gathering, instance_id: str, at: float) -> None:
        if instance_id not in gathering.images:
            gathering.images[instance_id] = self._images.read(instance_id)
        gathering.arrivals = replace(gathering.arrivals, last=max(gathering.arrivals.last, at))

    def _judge(self, gathering: Gathering, now: float) -> Judgement:
        gathering.arrivals = gathering.arrivals.not_after(now)
        return judge(
            gathering.selection,
            gathering.arrivals,
            now,
            quiet_s=self._settings.quiet_s,
            deadline_s=self._settings.deadline_s,
        )

    def _decide_or_retry(self, study_id: str, now: float) -> Judgement:
        try:
            return self._decide_if_still_so(study_id, now)
        except Exception as error:  # noqa: BLE001  one study's trouble must not stop the others
            self._counters.add("errors", "intake")
            log_unexpected("deciding on a study", error)
            return Judgement(Verdict.WAITING, RETRY_S)

    def _decide_if_still_so(self, study_id: str, now: float) -> Judgement:
        gathering = self._gatherings[study_id]
        try:
            self._reload(study_id, gathering)
            judgement = self._judge(gathering, now)
            if judgement.verdict is not Verdict.WAITING:
                self._write_decision(
                    study_id, gathering, gathering.selection, judgement.verdict, Priority.NORMAL
                )
        except NotInArchive:
            self._drop(study_id)
            return Judgement(Verdict.REJECTED)
        return judgement

    def _reload(self, study_id: str, gathering: Gathering) -> None:
        """Take what the archive has now: images may have been deleted, or missed."""
        ids = self._images.mammogram_ids(study_id)
        gathering.images = {
            instance_id: gathering.images[instance_id]
            if instance_id in gathering.images
            else self._images.read(instance_id)
            for instance_id in ids
        }

    def _write_decision(
        self,
        study_id: str,
        gathering: Gathering,
        selection: Selection,
        verdict: Verdict,
        priority: Priority,
    ) -> StudyStatus:
        at = clock.iso(clock.now())

        def decide(before: StudyStatus | None) -> StudyStatus:
            return transitions.decided(
                transitions.receiving(before, gathering.study_instance_uid, at),
                selection,
                verdict,
                job_id=str(uuid.uuid4()),
                priority=priority,
                at=at,
            )

        after = self._store.update(study_id, decide)
        self._gatherings.pop(study_id, None)
        self._counters.add("decisions", verdict)
        return after

    def _note_left_out(self, study_id: str, selection: Selection) -> None:
        def noted(before: StudyStatus | None) -> StudyStatus | None:
            if before is None:
                return None
            after = transitions.with_selection(before, selection)
            return before if after == before else after

        self._store.update(study_id, noted)

    def _drop(self, study_id: str) -> None:
        self._gatherings.pop(study_id, None)
        self._store.forget(study_id)


def _is_known(status: StudyStatus, selection: Selection) -> bool:
    analysed = {instance["sop_instance_uid"] for instance in status.instances}
    return analysed == selection.uids

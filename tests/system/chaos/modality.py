"""Modalities that send by C-STORE over associations of their own, until every image is stored."""

import logging
import threading
import time
from collections import deque
from collections.abc import Sequence

from pydicom import Dataset
from pynetdicom import AE

from system.chaos.observer import Observer
from system.chaos.study_mix import SentStudy

_PAUSE_S = 0.3
logging.getLogger("pynetdicom").addHandler(logging.NullHandler())


class Modalities:
    """Several modalities that share a list of studies to send.

    A modality keeps an image until the archive has confirmed it (status 0x0000), and tries again.

    Parameters
    ----------
    studies
        What to send.
    dicom_port
        Of Orthanc.
    observer
        Tells how many studies wait: no more are sent while there are many.
    associations, most_waiting
        How many send at once, and from how many waiting studies on they pause.

    Attributes
    ----------
    refusals
        How often an image was not taken, or no association came about.
    begun
        The studies whose sending has begun.
    seconds
        How long each association with all its images took, in the order of their ends.
    """

    def __init__(
        self,
        studies: Sequence[SentStudy],
        dicom_port: int,
        observer: Observer,
        *,
        associations: int = 3,
        most_waiting: int = 10,
    ) -> None:
        self.refusals = 0
        self.begun: list[SentStudy] = []
        self.seconds: list[float] = []
        self._port = dicom_port
        self._observer = observer
        self._most_waiting = most_waiting
        self._left: deque[tuple[SentStudy, int]] = deque((study, 0) for study in studies)
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=self._send_all, daemon=True) for _ in range(associations)
        ]

    def start(self) -> None:
        """Begin to send."""
        for thread in self._threads:
            thread.start()

    def begin_no_more(self) -> None:
        """Send the rest of the studies that were begun, and no others."""
        with self._lock:
            self._left = deque(item for item in self._left if item[1] > 0)

    def stop(self) -> None:
        """Send nothing more."""
        self._stop.set()
        for thread in self._threads:
            thread.join(120)

    @property
    def is_done(self) -> bool:
        """Whether everything was sent."""
        return not any(thread.is_alive() for thread in self._threads)

    def _send_all(self) -> None:
        while not self._stop.is_set():
            with self._lock:
                if not self._left:
                    return
                study, place = self._left.popleft()
            if self._may_go(study, place):
                if place == 0:
                    self.begun.append(study)
                self._send(study.parcels[place])
                self._observer.was_sent(study.uid)
                if place + 1 < len(study.parcels):
                    self._left.append((study, place + 1))
            else:
                self._left.append((study, place))
                self._stop.wait(_PAUSE_S)

    def _may_go(self, study: SentStudy, place: int) -> bool:
        if place > 0:
            return self._observer.is_decided(study.uid)
        return self._observer.waiting() < self._most_waiting

    def _send(self, parcel: Sequence[Dataset]) -> None:
        left = list(parcel)
        while left and not self._stop.is_set():
            begun = time.monotonic()
            left = self._try(left)
            self.seconds.append(time.monotonic() - begun)
            if left:
                self.refusals += 1
                time.sleep(_PAUSE_S)

    def _try(self, images: Sequence[Dataset]) -> list[Dataset]:
        """Send over one association; give what was not confirmed."""
        modality = AE("MODALITY")
        modality.acse_timeout = modality.dimse_timeout = modality.network_timeout = 30
        for image in images:
            modality.add_requested_context(image.SOPClassUID, image.file_meta.TransferSyntaxUID)
        association = modality.associate("127.0.0.1", self._port, ae_title="ORTHANC")
        if not association.is_established:
            return list(images)
        left = []
        for image in images:
            try:
                if association.send_c_store(image).get("Status", -1) != 0:
                    left.append(image)
            except (RuntimeError, ValueError):  # the association is gone
                left.append(image)
        if association.is_established:
            association.release()
        return left

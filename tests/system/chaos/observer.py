"""Watches the studies' states from outside, as a worklist does, and when each study ended."""

import threading
import time
from collections.abc import Iterable
from typing import Any

import requests

from local_servers import wait_until

FINAL = frozenset({"done", "partial", "rejected", "failed"})
DECIDED = FINAL | {"queued", "running"}
_MOST = 1000


class Observer:
    """Asks the plugin for its list of studies again and again.

    Parameters
    ----------
    orthanc_url
        Where to ask; while nobody answers, nothing is learned.
    look_every_s
        How often.

    Attributes
    ----------
    ended
        Each study's first end: seconds since the observer was made.
    """

    def __init__(self, orthanc_url: str, look_every_s: float = 0.25) -> None:
        self._url = f"{orthanc_url}/mammovlm/studies?limit={_MOST}"
        self._session = requests.Session()
        self._session.trust_env = False
        self._look_every_s = look_every_s
        self._begun = time.monotonic()
        self._sent: set[str] = set()
        self._states: dict[str, dict[str, Any]] = {}
        self.ended: dict[str, float] = {}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    @property
    def now(self) -> float:
        """Seconds since the observer was made."""
        return time.monotonic() - self._begun

    def start(self) -> None:
        """Begin to watch."""
        self._thread.start()

    def stop(self) -> None:
        """Watch no longer."""
        self._stop.set()
        self._thread.join(60)

    def was_sent(self, uid: str) -> None:
        """Note a study that is under way."""
        self._sent.add(uid)

    def waiting(self) -> int:
        """Count the studies that were sent and have not ended."""
        return sum(self.state(uid) not in FINAL for uid in list(self._sent))

    def is_decided(self, uid: str) -> bool:
        """Say whether the intake has let a study go."""
        return self.state(uid) in DECIDED

    def state(self, uid: str) -> str:
        """Give a study's state, "" while it has none."""
        return str(self._states.get(uid, {}).get("state", ""))

    def count_in(self, state: str) -> int:
        """Count the studies that are in a state now."""
        return sum(entry["state"] == state for entry in list(self._states.values()))

    def any_in(self, state: str) -> bool:
        """Say whether some study is in a state now."""
        return self.count_in(state) > 0

    def entries(self, uids: Iterable[str]) -> dict[str, dict[str, Any]]:
        """Give what the list says of some studies."""
        return {uid: self._states.get(uid, {}) for uid in uids}

    def next_end(self, after: float) -> float | None:
        """Give when the first study ended after a moment; None while none has."""
        return min((at for at in list(self.ended.values()) if at > after), default=None)

    def wait_for_ends(self, count: int, timeout_s: float) -> None:
        """Wait until so many studies have ended."""
        wait_until(f"{count} studies have ended", lambda: len(self.ended) >= count, timeout_s)

    def wait_for_queued(self, count: int, timeout_s: float) -> None:
        """Wait until so many studies are queued."""
        wait_until(
            f"{count} studies are queued", lambda: self.count_in("queued") >= count, timeout_s
        )

    def _watch(self) -> None:
        while not self._stop.wait(self._look_every_s):
            try:
                studies = self._session.get(self._url, timeout=10).json()["studies"]
            except (requests.RequestException, KeyError):
                continue
            for entry in studies:
                uid = entry["study_instance_uid"]
                self._states[uid] = entry
                if entry["state"] in FINAL:
                    self.ended.setdefault(uid, self.now)

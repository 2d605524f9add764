"""Archive or plugin, asked again with back-off and jitter while it does not answer."""

import logging
from collections.abc import Callable, Sequence
from typing import TypeVar

from pydicom import Dataset
from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception_type,
    stop_after_delay,
    wait_exponential,
    wait_random,
)

from mammovlm.archive.protocol import Archive
from mammovlm.errors import ArchiveUnavailable
from mammovlm.job import AnalysisJob, StoredDocument, StoredInstance

_log = logging.getLogger(__name__)
T = TypeVar("T")

# Added to the longest pause too, which tenacity's wait_exponential_jitter does not do.
PAUSES = wait_exponential(multiplier=0.5, max=20) + wait_random(0, 1)
"""Half a second, doubling to 20 seconds, and up to a second by chance."""


class RetryingArchive:
    """The one owner of retries: fetch and store are repeated on `ArchiveUnavailable` only.

    Fetching and storing are repeated apart from each other, so that a report is not computed
    again because the archive was away when it was to be stored.

    Parameters
    ----------
    archive
        The archive that is asked.
    patience_s
        How long one call is repeated, in seconds; 0 asks once.
    """

    def __init__(self, archive: Archive, patience_s: float) -> None:
        self._archive = archive
        self._patience_s = patience_s

    def fetch(self, job: AnalysisJob) -> tuple[StoredInstance, ...]:
        """Fetch as the wrapped archive does; raises `ArchiveUnavailable` when patience ends."""
        return patiently(lambda: self._archive.fetch(job), self._patience_s)

    def documents(self, study_instance_uid: str) -> tuple[StoredDocument, ...]:
        """List as the wrapped archive does; raises `ArchiveUnavailable` when patience ends."""
        return patiently(lambda: self._archive.documents(study_instance_uid), self._patience_s)

    def store(self, study_instance_uid: str, datasets: Sequence[Dataset]) -> None:
        """Store as the wrapped archive does; raises `ArchiveUnavailable` when patience ends."""
        patiently(lambda: self._archive.store(study_instance_uid, datasets), self._patience_s)


def patiently(call: Callable[[], T], patience_s: float) -> T:
    """Repeat a call on `ArchiveUnavailable`, with back-off and jitter, until patience ends."""
    retrying = Retrying(
        retry=retry_if_exception_type(ArchiveUnavailable),
        wait=PAUSES,
        stop=stop_after_delay(patience_s),
        before_sleep=_log_wait,
        reraise=True,
    )
    return retrying(call)


def _log_wait(state: RetryCallState) -> None:
    fault = state.outcome.exception() if state.outcome else None
    _log.warning("%s (attempt %d); asking again", fault, state.attempt_number)

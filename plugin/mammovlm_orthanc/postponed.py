# SPDX-License-Identifier: AGPL-3.0-or-later
"""A study whose images could not be taken in: when it is tried again, and when it is given up."""

import time
from collections import deque
from dataclasses import dataclass, field

from mammovlm_orthanc.archive import Change

FIRST_PAUSE_S, LONGEST_PAUSE_S = 1.0, 60.0
"""The pause after a failed try doubles from the one to the other."""
FEWEST_TRIES = 10
FEWEST_TRIES_ALONE = 3


@dataclass
class Postponed:
    """New images of one study that could not be taken in yet.

    Parameters
    ----------
    changes
        Those that told of the images, oldest first; never empty.
    others
        How many other studies had been taken in at the last try.
    tries
        How often it was tried.
    tries_alone
        How often it failed although others had been taken in since the try before.
    due
        When it is to be tried again, by `time.monotonic`.
    """

    changes: deque[Change]
    others: int
    tries: int = 1
    tries_alone: int = 0
    due: float = field(default_factory=lambda: time.monotonic() + FIRST_PAUSE_S)

    @property
    def is_due(self) -> bool:
        """Whether it is time for another try."""
        return time.monotonic() >= self.due

    @property
    def is_hopeless(self) -> bool:
        """Whether the study is at fault and not the archive.

        While the archive is ill, all studies fail, however long that lasts; none is given up then.
        """
        return self.tries >= FEWEST_TRIES and self.tries_alone >= FEWEST_TRIES_ALONE

    def failed(self, others: int) -> None:
        """Note one more failed try, and put off the next one."""
        self.tries += 1
        self.tries_alone += others > self.others
        self.others = others
        pause_s = min(FIRST_PAUSE_S * 2 ** min(self.tries - 1, 10), LONGEST_PAUSE_S)
        self.due = time.monotonic() + pause_s

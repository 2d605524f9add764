"""The exception by which a stage says that one image cannot be used, and why."""

import re

from mammovlm.study import LeftOut, LeftOutReason

_UID = re.compile(r"[0-9]+(\.[0-9]+)+")


class ImageRefused(Exception):
    """Raised inside the reading of one image; `read_study` turns it into a `LeftOut`.

    Parameters
    ----------
    reason
        The named reason.
    detail
        Attribute keyword, size or transfer syntax; never a value that may name a patient.
    """

    def __init__(self, reason: LeftOutReason, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else str(reason))
        self.reason = reason
        self.detail = detail

    def left_out(self, name: str) -> LeftOut:
        """Say it of the image of that name; a file's name may name the patient and is dropped."""
        return LeftOut(name if _UID.fullmatch(name) else "", self.reason, self.detail)

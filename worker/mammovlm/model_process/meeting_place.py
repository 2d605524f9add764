"""Where a model process and those who ask it meet."""

import json
import shutil
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class MeetingPlace:
    """Where a model process listens, and the key by which both sides know each other.

    Parameters
    ----------
    address
        Socket in a folder that only this user can enter. The folder is there as long as the owner
        wants the model process.
    key
        Random, made for this owner; it never lies on a disk or in an environment.
    owner
        Process identifier of the owner; without it the model process ends.
    """

    address: Path
    key: bytes = field(repr=False)
    owner: int

    def as_text(self) -> str:
        """Write it for the model process, in one line."""
        told = {"address": str(self.address), "key": self.key.hex(), "owner": self.owner}
        return json.dumps(told)

    @classmethod
    def from_text(cls, text: str) -> "MeetingPlace":
        """Read `as_text`."""
        told = json.loads(text)
        return cls(Path(told["address"]), bytes.fromhex(told["key"]), told["owner"])

    @property
    def is_wanted(self) -> bool:
        """Whether a model process is there or will be."""
        return self.address.parent.is_dir()

    @property
    def is_closing(self) -> bool:
        """Whether only those who work on a study should wait for it now."""
        return self._mark.exists()

    def close(self) -> None:
        """Say so: the worker takes no new studies."""
        if self.is_wanted:
            self._mark.touch()

    def give_sign(self) -> None:
        """Show that the model process lives."""
        with suppress(FileNotFoundError):  # wanted no more
            self._sign.touch()

    def forget_signs(self) -> None:
        """Begin anew, before another model process starts."""
        self._sign.unlink(missing_ok=True)

    @property
    def last_sign(self) -> int | None:
        """What changes with every sign of life; None before the first."""
        try:
            return self._sign.stat().st_mtime_ns
        except FileNotFoundError:
            return None

    def remove(self) -> None:
        """Say that no model process is wanted any more."""
        shutil.rmtree(self.address.parent, ignore_errors=True)

    @property
    def _sign(self) -> Path:
        return self.address.parent / "alive"

    @property
    def _mark(self) -> Path:
        return self.address.parent / "closing"

"""A journal of one line of JSON each, appended as they come; a line that was cut off costs none."""

from collections.abc import Iterator
from os import SEEK_END
from pathlib import Path
from typing import Generic, TypeVar

from pydantic import TypeAdapter, ValidationError

_Line = TypeVar("_Line")


class JsonLines(Generic[_Line]):
    """Lines of one kind in a file that is only ever added to.

    Parameters
    ----------
    path
        Made with the first line.
    kind
        What a line holds: a dataclass.
    """

    def __init__(self, path: Path, kind: type[_Line]) -> None:
        self._path, self._kind = path, TypeAdapter(kind)

    def read(self) -> Iterator[_Line]:
        """Give every whole line, in order; what is none is passed over."""
        for line in self._path.read_bytes().splitlines() if self._path.is_file() else ():
            try:
                yield self._kind.validate_json(line)
            except ValidationError:
                continue

    def append(self, line: _Line) -> None:
        """Add a line of its own, even after one that was cut off."""
        with self._path.open("ab+") as file:
            if file.tell():
                file.seek(-1, SEEK_END)
                file.write(b"" if file.read() == b"\n" else b"\n")
            file.write(self._kind.dump_json(line) + b"\n")

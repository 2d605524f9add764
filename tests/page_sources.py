"""What the page's source files say themselves: their string literals, texts and attributes."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser

_SHOWN = frozenset({"aria-label", "placeholder", "title", "alt"})
_LITERAL = re.compile(
    r"//[^\n]*|/\*.*?\*/|'(?P<plain>(?:[^'\\\n]|\\.)*)'|`(?P<template>(?:[^`\\]|\\.)*)`", re.DOTALL
)
_FIELD = re.compile(r"\$\{[^{}]*(?:\{[^{}]*\}[^{}]*)*\}")
_FOR_MACHINES = re.compile(
    r"(class: |class: isReleased \? |matches\(|closest(\?\.)?\(|querySelector(All)?\()[^'`]*$"
)


def script_texts(source: str) -> Iterator[str]:
    """Give the string literals of a script that may be shown, without the fields of templates.

    Left out are comments, and what stands where only a class or a selector can stand.
    """
    for found in _LITERAL.finditer(source):
        text, template = found["plain"], found["template"]
        line = source[: found.start()].rpartition("\n")[2]
        if template is not None:
            yield from (
                inner for field in _FIELD.findall(template) for inner in script_texts(field)
            )
        said = text if text is not None else _FIELD.sub("", template or "")
        if said and not _FOR_MACHINES.search(line):
            yield said


class PageTexts(HTMLParser):
    """Collects what an HTML page shows: texts outside of `kbd`, and the attributes people get."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self._open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take the attributes."""
        self._open.append(tag)
        self.texts += [value for name, value in attrs if name in _SHOWN and value]

    def handle_endtag(self, tag: str) -> None:
        """Leave an element, and those in it that have no end."""
        while self._open and self._open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        """Take a text."""
        if "kbd" not in self._open and data.strip():
            self.texts.append(data.strip())

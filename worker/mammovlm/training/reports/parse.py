"""From a text of each renderer back to the schema; what is not understood is refused."""

import re
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Final

from mammovlm.training.reports.phrasebook import decapitalised
from mammovlm.training.reports.render import SECTIONS, STYLES, Renderer
from mammovlm.training.reports.schema import StudyFindings
from mammovlm.training.reports.statements import Kind, Statement, assembled

_HEADINGS: Final = re.compile(
    r"^(?:" + "|".join(heading for headings, _ in SECTIONS for heading in headings) + r"): "
)
_SENTENCE_END: Final = re.compile(r"(?<=\.)\s+")


class TextNotUnderstood(ValueError):
    """A sentence that no renderer would write. The message does not repeat it."""


def parse(text: str, renderer: Renderer) -> StudyFindings:
    """Read findings from a text.

    Parameters
    ----------
    text
        As `render` wrote it.
    renderer
        Who wrote it.

    Returns
    -------
    StudyFindings
        What the renderer carries: equal to ``carried(study, renderer)``.

    Raises
    ------
    TextNotUnderstood
        If a sentence is none of this renderer's.
    ContradictoryStatements
        If sentences exclude each other or one is missing.
    """
    return assembled(tuple(_READERS[renderer](text)))


def _read(clause: str, renderer: Renderer) -> Statement:
    statement = STYLES[renderer].book.read(clause)
    if statement is None:
        raise TextNotUnderstood(f"a sentence of {len(clause)} letters is none of {renderer}")
    return statement


def _radiology(text: str) -> Iterator[Statement]:
    for line in text.splitlines():
        yield from _running(_HEADINGS.sub("", line), Renderer.RADIOLOGY)


def _plain(text: str) -> Iterator[Statement]:
    yield from _running(text, Renderer.PLAIN)


def _running(text: str, renderer: Renderer) -> Iterator[Statement]:
    for sentence in _SENTENCE_END.split(text):
        yield _read(_bare(sentence), renderer)


def _captions(text: str) -> Iterator[Statement]:
    """Read one sentence a breast; the examination is that of all breasts described."""
    told = [tuple(_caption(line)) for line in text.splitlines()]
    sides = "".join(str(statements[0].facts["sides"]) for statements in told)
    yield Statement(Kind.EXAMINATION, {"sides": sides})
    for head, *rest in told:
        for statement in rest:
            if statement.kind is Kind.COMPOSITION:
                yield statement
            else:
                yield Statement(statement.kind, {**statement.facts, "side": head.facts["sides"]})


def _caption(line: str) -> Iterator[Statement]:
    head, colon, rest = _bare(line).partition(": ")
    if not colon:
        raise TextNotUnderstood("a caption without findings")
    for clause in (*head.split(", "), *rest.split("; ")):
        yield _read(clause, Renderer.CAPTION)


def _bare(sentence: str) -> str:
    if not sentence.endswith("."):
        raise TextNotUnderstood("a sentence without full stop")
    return decapitalised(sentence.removesuffix("."))


_READERS: Final[Mapping[Renderer, Callable[[str], Iterator[Statement]]]] = MappingProxyType(
    {Renderer.RADIOLOGY: _radiology, Renderer.PLAIN: _plain, Renderer.CAPTION: _captions}
)

"""Paragraphs of the one-page summary, at one size."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from reportlab.lib.colors import Color, HexColor
from reportlab.lib.styles import ParagraphStyle
from reportlab.platypus import Paragraph
from reportlab.platypus.paragraph import ParaLines, cjkU, makeCJKParaLine

from mammovlm.results.line_breaks import pieces
from mammovlm.results.page_fonts import PageFonts

_BLACK = HexColor("#101418")
_FIRST_WITHOUT_SPACES = "\u2e80"
"""From here on stand the scripts of East Asia, whose lines break between any two characters."""


@dataclass(frozen=True)
class PageText:
    """Makes paragraphs.

    Parameters
    ----------
    fonts
        What they are drawn with.
    size
        Of plain text, in points.
    """

    fonts: PageFonts
    size: float

    def plain(
        self, words: str, *, scale: float = 1.0, color: Color = _BLACK, space_before: float = 0.0
    ) -> Paragraph:
        """Make a paragraph; the space before it is in parts of the size."""
        return self._paragraph(words, scale, color, space_before, is_bold=False)

    def bold(self, words: str, *, scale: float = 1.0, color: Color = _BLACK) -> Paragraph:
        """Make a paragraph in bold letters, where the font has them."""
        return self._paragraph(words, scale, color, 0.0, is_bold=True)

    def _paragraph(
        self, words: str, scale: float, color: Color, space_before: float, *, is_bold: bool
    ) -> Paragraph:
        font = self.fonts.bold if is_bold else self.fonts.regular
        has_spaces = all(character < _FIRST_WITHOUT_SPACES for character in words)
        style = ParagraphStyle(
            "text",
            fontName=font.fontName,
            fontSize=scale * self.size,
            leading=1.28 * scale * self.size,
            textColor=color,
            spaceBefore=space_before * self.size,
            splitLongWords=1,
            wordWrap=None if has_spaces else "CJK",
        )
        kind = Paragraph if has_spaces else UnspacedParagraph
        return kind(self.fonts.marked_up(words, is_bold=is_bold), style)


class UnspacedParagraph(Paragraph):  # type: ignore[misc]  # reportlab has no types
    """A paragraph in a script without spaces, broken where its punctuation allows.

    Reportlab's own way looks at one character only, so that a line may begin with the second of
    two closing marks, or end with an opening one.
    """

    def breakLinesCJK(self, maxWidths: float | list[float]) -> ParaLines:  # noqa: N802, N803
        """Fill lines, as reportlab asks for a style with ``wordWrap="CJK"``; widths in points."""
        room = maxWidths[0] if isinstance(maxWidths, list) else maxWidths
        glyphs = [cjkU(character, run, "utf8") for run in self.frags for character in run.text]
        lines: list[list[cjkU]] = [[]]
        for piece in _fitting(glyphs, room):
            if lines[-1] and _width(lines[-1]) + _width(piece) > room and not _is_space(piece):
                lines.append([])
            if lines[-1] or not _is_space(piece):
                lines[-1] += piece
        return ParaLines(kind=1, lines=[_line(line, room) for line in lines if line])


def _fitting(glyphs: list[cjkU], room: float) -> Iterator[list[cjkU]]:
    """Give what stays on one line; a piece that no line can hold comes glyph by glyph."""
    rest = iter(glyphs)
    for piece in pieces("".join(glyphs)):
        found = list(islice(rest, len(piece)))
        yield from [found] if _width(found) <= room else ([glyph] for glyph in found)


def _width(glyphs: Iterable[cjkU]) -> float:
    return float(sum(glyph.width for glyph in glyphs))


def _is_space(glyphs: list[cjkU]) -> bool:
    return "".join(glyphs).isspace()


def _line(glyphs: list[cjkU], room: float) -> object:
    while len(glyphs) > 1 and glyphs[-1].isspace():
        glyphs.pop()
    used = _width(glyphs)
    return makeCJKParaLine(glyphs, room, used, room - used, False, False)

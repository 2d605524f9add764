"""Paragraphs of the one-page summary, at one size."""

from dataclasses import dataclass

from reportlab.lib.colors import Color, HexColor
from reportlab.lib.styles import ParagraphStyle
from reportlab.platypus import Paragraph

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
        return Paragraph(self.fonts.marked_up(words, is_bold=is_bold), style)

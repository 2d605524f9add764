"""The fonts of the one-page summary; each is embedded, in the glyphs that the page uses.

Bitstream Vera comes with reportlab and has the Latin letters of Western Europe, in two weights. A
wide font that the site installs (by default Debian's fonts-wqy-microhei, whose licence allows
embedding) has what Vera lacks: Chinese, Japanese, Korean, Greek and Cyrillic.
"""

from dataclasses import dataclass
from functools import cache
from itertools import groupby
from pathlib import Path
from xml.sax.saxutils import escape

import reportlab
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFError, TTFont

from mammovlm.errors import FontMissing
from mammovlm.results.character_set import clean_text, fit_text
from mammovlm.words import LANGUAGES

_VERA = Path(reportlab.__file__).parent / "fonts"


@dataclass(frozen=True)
class PageFonts:
    """Fonts that are registered with reportlab, by name.

    Parameters
    ----------
    regular, bold
        Latin letters.
    wide
        For what they lack; None where no such font is installed.
    """

    regular: TTFont
    bold: TTFont
    wide: TTFont | None

    def marked_up(self, text: str, *, is_bold: bool = False) -> str:
        """Escape a text and name the font of each run, as reportlab's paragraphs take it."""
        first = self.bold if is_bold else self.regular
        runs = groupby(self.drawn(text), key=lambda character: self._font_of(character, first))
        return "".join(
            f'<font name="{name}">{escape("".join(characters))}</font>' for name, characters in runs
        )

    def drawn(self, text: str) -> str:
        """Give a text as it can be drawn: what no font has takes its Latin form, or is a "?"."""
        return "".join(
            character if self._can_draw(character) else fit_text(character, "ISO_IR 100")
            for character in clean_text(text)
        )

    def _can_draw(self, character: str) -> bool:
        in_wide = self.wide is not None and _has(self.wide, character)
        return in_wide or (_has(self.regular, character) and _has(self.bold, character))

    def _font_of(self, character: str, first: TTFont) -> str:
        chosen = first if self.wide is None or _has(first, character) else self.wide
        return str(chosen.fontName)


def page_fonts(language: str, wide: Path) -> PageFonts:
    """Give the fonts for a page in a language; the files are read once in a process.

    Parameters
    ----------
    language
        A key of `mammovlm.words.LANGUAGES`.
    wide
        TrueType file or collection (its first font) with the characters that Latin lacks.

    Raises
    ------
    FontMissing
        If the language cannot be written without the wide font, and it is not there or unusable.
    """
    found = _registered(wide) if wide.is_file() else None
    if found is None and not LANGUAGES[language].latin_1:
        raise FontMissing(
            f"the page in {language} needs a font with its characters, and {wide} is none: "
            "install Debian's fonts-wqy-microhei (`make setup` does), name another TrueType file "
            "in MAMMOVLM_PDF_FONT, or switch the page off (MAMMOVLM_PDF_REPORT=false)"
        )
    regular, bold = _vera()
    return PageFonts(regular, bold, found)


@cache
def _vera() -> tuple[TTFont, TTFont]:
    regular = TTFont("MammoVLM-regular", str(_VERA / "Vera.ttf"))
    bold = TTFont("MammoVLM-bold", str(_VERA / "VeraBd.ttf"))
    for font in (regular, bold):
        pdfmetrics.registerFont(font)
    return regular, bold


@cache
def _registered(path: Path) -> TTFont | None:
    try:
        font = TTFont(f"MammoVLM-wide-{path.stem}", str(path), subfontIndex=0)
    except (TTFError, OSError):
        return None
    pdfmetrics.registerFont(font)
    return font


def _has(font: TTFont, character: str) -> bool:
    return ord(character) in font.face.charToGlyph

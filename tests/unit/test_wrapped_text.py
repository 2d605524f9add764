"""Text for a terminal and for the page is broken into lines, and loses nothing.

No line begins with punctuation that closes, and none ends with punctuation that opens.
"""

from hypothesis import given, settings
from hypothesis import strategies as st

from mammovlm.results import page_fonts
from mammovlm.results.line_breaks import MAY_NOT_BEGIN, MAY_NOT_END, pieces
from mammovlm.results.page_text import PageText
from mammovlm.results.wrapped_text import wrapped
from mammovlm.settings import DEFAULT_FONT

WORDS = st.text("ab ，。（）“”、乳腺密度", max_size=120)
CHINESE = (
    "数值的依据（权重所附说明的英文原文）：“Density was trained on phantoms.”。右侧 8%（95% 区间 "
    "4% 至 16%，已校准）；《说明》——见“报告”（‘草稿’）！"
) * 3


@given(WORDS, st.integers(12, 60))
@settings(max_examples=300, deadline=None)
def test_wrapping_loses_nothing_and_stays_within_its_columns(text: str, columns: int) -> None:
    lines = wrapped(text, columns, "- ")
    assert "".join("".join(line[2:] for line in lines).split()) == "".join(text.split())
    assert all(line.startswith("- " if first else "  ") or not line for first, line in
               zip([True] + [False] * len(lines), lines, strict=False))  # fmt: skip


def test_no_line_begins_with_a_full_stop() -> None:
    for columns in range(12, 60):
        lines = wrapped("乳腺密度很高。评分较低，可能出错。" * 4, columns, "")
        assert not any(line[0] in "，。" for line in lines)
        assert max(map(len, lines)) * 2 <= columns + 1


def broken_wrongly(lines: list[str]) -> list[str]:
    return [line for line in lines if line[0] in MAY_NOT_BEGIN or line[-1] in MAY_NOT_END]


def test_no_line_of_a_terminal_begins_or_ends_with_the_wrong_punctuation() -> None:
    for columns in range(16, 80):
        assert broken_wrongly(wrapped(CHINESE, columns, "")) == []


def test_no_line_of_the_page_begins_or_ends_with_the_wrong_punctuation() -> None:
    text = PageText(page_fonts("zh-CN", DEFAULT_FONT), 9.0)
    for width in range(90, 500, 7):
        paragraph = text.plain(CHINESE)
        paragraph.wrap(width, 1000)
        shown = [line.words for line in paragraph.blPara.lines]
        lines = ["".join(run.text for run in runs) for runs in shown]
        assert len(lines) > 3
        assert broken_wrongly(lines) == []
        assert "".join("".join(lines).split()) == "".join(CHINESE.split())
        assert all(line.currentWidth <= width for line in paragraph.blPara.lines)


@given(WORDS)
def test_what_stays_on_one_line_is_the_text(text: str) -> None:
    assert "".join(pieces(text)) == text


def test_english_is_broken_between_words() -> None:
    assert wrapped("one two  three four", 9, "- ") == ["- one two", "  three", "  four"]
    assert wrapped("", 9, "- ") == [""]
    assert wrapped("x" * 20, 10, "") == ["x" * 10] * 2

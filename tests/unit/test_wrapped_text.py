"""Text for a terminal is broken into lines in English and in Chinese, and loses nothing."""

from hypothesis import given, settings
from hypothesis import strategies as st

from mammovlm.results.wrapped_text import wrapped

WORDS = st.text("ab ，。（）“”、乳腺密度", max_size=120)


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


def test_english_is_broken_between_words() -> None:
    assert wrapped("one two  three four", 9, "- ") == ["- one two", "  three", "  four"]
    assert wrapped("", 9, "- ") == [""]
    assert wrapped("x" * 20, 10, "") == ["x" * 10] * 2

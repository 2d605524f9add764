"""The one-page summary, looked at as a picture: one page, nothing overlaps, nothing leaves it."""

import functools
import os
from collections.abc import Callable
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pydicom import Dataset
from pydicom.uid import EncapsulatedPDFStorage

from mammovlm.errors import FontMissing
from mammovlm.explanation import explain
from mammovlm.results import ObjectOptions, ReportOptions, page_fonts, result_objects
from mammovlm.results.page_layout import MARGIN
from mammovlm.settings import DEFAULT_FONT
from mammovlm.words import LANGUAGES
from pdf_pages import document_of, fonts_of, mark_boxes, overlap, picture, text_boxes, text_of
from report_examples import (
    EXAMPLES,
    MADE_AT,
    Example,
    nothing_trained,
    partial,
    study_of,
    suspicious,
)

EXPERT = "convnext (stand-in tf_efficientnet_lite2 of another long name)"
LONG_WORD = "2.25." + "1234567890" * 6
A4 = (595.28, 841.89)


def long_words() -> Example:
    """Every text as long as the real model makes it, and every header value as long as it may."""
    study = study_of(
        PatientName="Wolfeschlegelsteinhausenbergerdorff^Hubert-Blaine^Adolph-Charles",
        PatientID=LONG_WORD,
        AccessionNumber="1234567890123456",
    )
    _, found, _ = suspicious()
    found = replace(found, views=tuple(replace(view, expert=EXPERT) for view in found.views))
    return study, found, explain(found, None)


def much_too_long() -> Example:
    """Texts that no page can hold."""
    study, found, words = long_words()
    note = "Trained on simulated images (phantoms) only. " * 60
    found = replace(found, algorithm=replace(found.algorithm, training_note=note))
    return study, found, replace(words, summary="Summary. " * 2000, patient_text="Draft. " * 3000)


def every_language(language: str) -> Example:
    study, found, _ = partial()
    return study, found, explain(found, None, language)


PAGES: dict[str, Callable[[], Example]] = {
    **EXAMPLES,
    "nothing trained": nothing_trained,
    "long words": long_words,
    "much too long": much_too_long,
    **{tag: functools.partial(every_language, tag) for tag in LANGUAGES},
}


def page_of(example: Example, report: ReportOptions | None = None) -> Dataset:
    options = ObjectOptions(report=report or ReportOptions())
    objects = result_objects(*example, None, options, at=MADE_AT)
    return next(one for one in objects if one.SOPClassUID == EncapsulatedPDFStorage)


@pytest.mark.parametrize("name", PAGES)
def test_there_is_one_page_of_a4_and_nothing_stands_in_its_margins(
    name: str, tmp_path: Path
) -> None:
    pdf = page_of(PAGES[name]())
    document = document_of(pdf)
    assert len(document) == 1
    assert document[0].get_size() == pytest.approx(A4, abs=0.1)
    paper = picture(pdf)
    folder = Path(os.environ.get("MAMMOVLM_TEST_PICTURES", tmp_path))
    Image.fromarray(paper).save(folder / f"page {name}.png".replace(" ", "_"))
    ink = np.argwhere(paper < 250)
    edge = int(2 * MARGIN) - 3
    top, left = ink.min(axis=0)
    bottom, right = ink.max(axis=0)
    assert top >= edge
    assert left >= edge
    assert bottom < paper.shape[0] - edge
    assert right < paper.shape[1] - edge


@pytest.mark.parametrize("name", PAGES)
def test_no_text_overlaps_another_or_a_drawn_interval(name: str) -> None:
    pdf = page_of(PAGES[name]())
    boxes = text_boxes(pdf)
    assert len(boxes) > 20
    clashes = [(a, b) for (a, one), (b, other) in combinations(boxes, 2) if overlap(one, other)]
    assert clashes == []
    marks = list(mark_boxes(pdf))
    assert [(text, mark) for text, box in boxes for mark in marks if overlap(box, mark)] == []


def test_every_likelihood_is_drawn_as_an_interval() -> None:
    pdf = page_of(suspicious())
    assert len(list(mark_boxes(pdf))) == 4 * 2  # a bar and a dot for each of two in each breast
    assert list(mark_boxes(page_of(nothing_trained()))) == []


def test_the_page_says_what_was_found_and_what_it_rests_on() -> None:
    study, found, words = suspicious()
    said = text_of(page_of((study, found, words)))
    for expected in (
        "NOT FOR DIAGNOSTIC USE ALONE",
        "Research use only",
        "UNVERIFIED",
        "Test Phantom",
        "C - Heterogeneously dense, 77.6 %",
        "91.4 %",
        "95 %: 84.2 to 96.7",
        "4 - Suspicious",
        "RCC: convnext",
        "Missing views: none.",
        words.summary,
        "draft, not reviewed",
        found.algorithm.training_note,
        found.algorithm.device_uid,
        "sha256:1111111111111111",
    ):
        assert expected in said, expected
    for line in words.patient_text.splitlines():
        assert line in said


def test_a_missing_view_and_a_partial_result_are_said() -> None:
    said = text_of(page_of(partial()))
    assert "PARTIAL: not everything could be analyzed." in said
    assert "Missing views: LMLO." in said


def test_an_untrained_head_gives_no_number() -> None:
    said = text_of(page_of(nothing_trained()))
    assert said.count("not available") == 7  # three of each breast, and the study's density


def test_the_patients_text_stays_out_where_the_site_does_not_want_it() -> None:
    example = suspicious()
    said = text_of(page_of(example, ReportOptions(include_patient_text=False)))
    assert "Explanation for the patient" not in said
    assert example[2].patient_text.split(".")[0] not in said


def test_what_is_cut_says_so_and_the_limits_of_use_stay_whole() -> None:
    said = text_of(page_of(much_too_long()))
    assert "[cut to fit one page; the structured report, if stored, has the whole text]" in said
    assert "cut to fit" not in text_of(page_of(long_words()))
    assert LANGUAGES["en-US"].report.disclaimer in said


def test_every_font_is_embedded() -> None:
    for name in ("normal exam without findings", "partial study in Chinese"):
        fonts = fonts_of(page_of(EXAMPLES[name]()))
        assert fonts
        assert all(fonts.values()), fonts


def test_chinese_words_and_names_can_be_extracted() -> None:
    example = EXAMPLES["partial study in Chinese"]()
    said = text_of(page_of(example)).replace(" ", "")
    assert "Wang" in said
    assert "王小东" in said
    assert LANGUAGES["zh-CN"].report.disclaimer.replace(" ", "") in said


def test_a_name_in_another_script_is_drawn_on_an_english_page() -> None:
    study = study_of(PatientName="Yamada^Tarou=山田^太郎=やまだ^たろう")
    _, found, words = suspicious()
    assert "山田太郎" in text_of(page_of((study, found, words))).replace(" ", "")


def test_without_the_wide_font_english_goes_on_and_chinese_names_the_package(
    tmp_path: Path,
) -> None:
    nowhere = tmp_path / "none.ttf"
    assert page_fonts("en-US", nowhere).drawn("naïve ≥ 乳") == "naïve ≥ ?"
    with pytest.raises(FontMissing, match="fonts-wqy-microhei"):
        page_fonts("zh-CN", nowhere)
    nowhere.write_text("no font")
    with pytest.raises(FontMissing, match="MAMMOVLM_PDF_FONT"):
        page_fonts("zh-CN", nowhere)


def test_the_wide_font_has_every_character_of_every_language() -> None:
    for tag, sentences in LANGUAGES.items():
        fonts = page_fonts(tag, DEFAULT_FONT)
        for words in (sentences.page, sentences.report, sentences.readable, sentences.summary):
            for text in vars(words).values():
                if isinstance(text, str):
                    assert fonts.drawn(text) == text.strip()


def test_the_same_work_gives_the_same_bytes() -> None:
    example = suspicious()
    assert page_of(example).EncapsulatedDocument == page_of(example).EncapsulatedDocument


def test_a_mosaic_of_many_views_fits() -> None:
    study, found, words = suspicious()
    many = tuple(replace(found.views[number % 4], expert=EXPERT) for number in range(16))
    found = replace(found, views=many)
    assert len(document_of(page_of((study, found, words)))) == 1

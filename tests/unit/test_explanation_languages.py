"""Each language is complete, is chosen by a setting, and is nothing but its file of sentences."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from string import Formatter
from typing import Any

import pytest
from pydantic import ValidationError

import mammovlm
from mammovlm.explanation import explain, facts_of, prompt_for, worded
from mammovlm.explanation.federal import LAY_DENSE, LAY_NOT_DENSE, PROVIDER_SENTENCES
from mammovlm.findings import DensityCategory, ExplanationOrigin
from mammovlm.model.parts import COMPACT_WEIGHTS
from mammovlm.model.weights import WeightsFolder
from mammovlm.results import codes
from mammovlm.results.qualitative_evaluations import patient_text_origin
from mammovlm.settings import Settings
from mammovlm.study import LeftOutReason
from mammovlm.training.train_compact import training_note
from mammovlm.words import CHINESE, ENGLISH, LANGUAGES, Sentences
from mammovlm.words.sentences import Forbidden, Term
from mammovlm.words.shapes import Shape
from random_findings import random_findings

HAN = re.compile(r"[\u3400-\u9fff]")
every_language = pytest.mark.parametrize("sentences", LANGUAGES.values(), ids=list(LANGUAGES))
PACKAGE = Path(mammovlm.__file__).parent


def texts_of(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Give every text of a language's file with its place."""
    if isinstance(value, str):
        yield path, value
    elif is_dataclass(value):
        for field in fields(value):
            yield from texts_of(getattr(value, field.name), f"{path}.{field.name}")
    elif isinstance(value, dict):
        for key, one in value.items():
            yield from texts_of(one, f"{path}[{key}]")
    elif isinstance(value, tuple):
        for one in value:
            yield from texts_of(one, path)


def test_english_comes_first_and_chinese_is_there() -> None:
    assert list(LANGUAGES) == ["en-US", "zh-CN"]
    assert Settings().language == "en-US"


@every_language
def test_there_are_words_for_every_shape_and_value(sentences: Sentences) -> None:
    assert set(sentences.patterns) == set(Shape)
    assert set(sentences.terms[Term.SIDES]) == {"R", "L", "RL"}
    assert set(sentences.terms[Term.VIEWS]) == {"CC", "MLO", "CCMLO"}
    assert set(sentences.terms[Term.DENSITY]) == set("ABCD")
    assert set(sentences.terms[Term.RANGE]) == {"lower", "middle", "higher"}
    assert set(sentences.forbidden) == set(Forbidden)
    assert set(sentences.names.sides) == {"R", "L"}
    assert set(sentences.names.views) == {"CC", "MLO"}
    assert set(sentences.readable.sides) == {"R", "L", "RL"}
    assert all(sentences.patterns.values())


@every_language
def test_no_phrasing_stands_for_two_values(sentences: Sentences) -> None:
    for term in Term:
        phrasings = [words for all_of in sentences.terms[term].values() for words in all_of]
        assert len(phrasings) == len(set(phrasings)), term


@every_language
def test_no_phrasing_of_our_own_is_forbidden(sentences: Sentences) -> None:
    for seed in range(300):
        text = worded(facts_of(random_findings(seed)), sentences, lambda said: said[-1])
        for reason, expression in sentences.forbidden.items():
            assert not re.search(expression, text, re.IGNORECASE), (reason, text)


@every_language
def test_no_text_is_empty_and_the_fields_are_those_of_english(sentences: Sentences) -> None:
    english = dict(texts_of(ENGLISH))
    for place, text in texts_of(sentences):
        assert text or place == ".form.between", place
        if place.startswith((".summary", ".report", ".readable")) and place in english:
            used = {name for _, name, _, _ in Formatter().parse(text) if name}
            known = {name for _, name, _, _ in Formatter().parse(english[place]) if name}
            also = {"reason"} if place == ".report.left_out" else set()
            also |= {"characters"} if place == ".report.reading" else set()
            assert used <= known | also, place


def test_chinese_names_what_english_takes_from_the_codes() -> None:
    assert set(CHINESE.names.reasons) == {str(reason) for reason in LeftOutReason}
    assert set(CHINESE.summary.density_sentences) == set("ABCD")
    assert set(CHINESE.readable.densities) == set("ABCD")
    assert set(CHINESE.readable.categories) == {"3", "4"}
    assert set(CHINESE.readable.statuses) == {
        status.value
        for status in (
            codes.SUCCEEDED_WITHOUT_FINDINGS,
            codes.SUCCEEDED_WITH_FINDINGS,
            codes.PARTIAL_WITHOUT_FINDINGS,
            codes.PARTIAL_WITH_FINDINGS,
            codes.NONE_SUCCEEDED,
        )
    }
    assert set(CHINESE.names.heads) == {"density", "presence", "suspicion"}


def test_every_text_of_the_chinese_file_is_chinese() -> None:
    names_only = {".language", ".name", ".summary.identity", ".names.reasons[not-dicom]"}
    for place, text in texts_of(replace(CHINESE, forbidden={})):
        if place not in names_only and not place.startswith(
            (".form", ".names.comma", ".names.notes")
        ):
            plain = re.sub(r"\{.*?\}", "", text)
            assert HAN.search(plain) or not re.search("[A-Za-z]", plain), place


def test_nothing_but_its_file_and_the_registry_knows_of_chinese() -> None:
    knowing = {
        path.relative_to(PACKAGE).as_posix()
        for path in PACKAGE.rglob("*.py")
        if re.search(r"zh-CN|\bCHINESE\b|words\.chinese", path.read_text("utf-8"))
    }
    assert knowing == {"words/__init__.py", "words/chinese.py"}


@pytest.mark.parametrize("tag", LANGUAGES)
def test_the_setting_chooses_the_language(tag: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAMMOVLM_LANGUAGE", tag)
    assert Settings().language == tag


def test_an_unknown_language_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(ValidationError, match="no sentences in 'tlh'; there are en-US, zh-CN"):
        Settings(language="tlh")


def test_latin_1_is_refused_for_chinese_and_taken_for_english(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert Settings(sr_character_set="ISO_IR 100").language == "en-US"
    assert Settings(language="zh-CN").sr_character_set == "ISO_IR 192"
    monkeypatch.setenv("MAMMOVLM_LANGUAGE", "zh-CN")
    monkeypatch.setenv("MAMMOVLM_SR_CHARACTER_SET", "ISO_IR 100")
    with pytest.raises(ValidationError, match=r"ISO_IR 100 .*cannot write zh-CN.*ISO_IR 192"):
        Settings()


def test_the_english_language_model_is_never_asked_for_chinese() -> None:
    def write(prompt: str, *, likely: Sequence[str]) -> str:
        raise AssertionError("asked")

    explanation = explain(random_findings(7), write, "zh-CN")
    assert explanation.origin is ExplanationOrigin.TEMPLATE
    assert explanation.refused_because == ""
    assert explanation == explain(random_findings(7), None, "zh-CN")
    assert "固定模板（语言模型只针对英文调校，未用于中文）" in patient_text_origin(explanation)
    with pytest.raises(ValueError, match="no language model is asked to write zh-CN"):
        prompt_for(facts_of(random_findings(7)), CHINESE)


def test_the_sentences_of_united_states_law_stand_in_american_english_alone() -> None:
    law = [LAY_DENSE, LAY_NOT_DENSE, *PROVIDER_SENTENCES.values()]
    assert [one.language for one in LANGUAGES.values() if one.us_density_law] == ["en-US"]
    for seed in range(100):
        found = random_findings(seed)
        explanation = explain(found, None, "zh-CN")
        words = explanation.summary + explanation.patient_text
        assert not any(sentence in words for sentence in law)
        assert not re.search(r"[A-Za-z]", explanation.patient_text.replace("X光", ""))
        if found.density is not None:
            category = found.density.category
            assert CHINESE.summary.density_sentences[category] in explanation.summary


def test_the_reading_measure_is_named_honestly() -> None:
    english, chinese = (explain(random_findings(7), None, tag) for tag in ("en-US", "zh-CN"))
    assert english.reading_grade is not None
    assert english.characters_per_sentence is None
    assert f"Flesch-Kincaid grade {english.reading_grade:.1f}" in patient_text_origin(english)
    assert chinese.reading_grade is None
    assert chinese.characters_per_sentence is not None
    told = patient_text_origin(chinese)
    assert f"平均每句 {chinese.characters_per_sentence:.1f} 字" in told
    assert "没有公认的阅读年级公式" in told
    assert "Flesch" not in told


@pytest.mark.parametrize(("tag", "draft"), [("en-US", "It is a draft"), ("zh-CN", "它是草稿")])
def test_the_patient_text_is_called_a_draft_and_says_who_worded_it(tag: str, draft: str) -> None:
    explanation = explain(random_findings(7), None, tag)
    words = LANGUAGES[tag]
    told = patient_text_origin(explanation)
    assert draft in told
    assert words.report.by_template in told
    by_model = replace(explanation, origin=ExplanationOrigin.LANGUAGE_MODEL)
    assert words.report.by_model in patient_text_origin(by_model)
    assert words.report.by_template not in patient_text_origin(by_model)
    assert "draft" in words.readable.patient or "草稿" in words.readable.patient
    refused = replace(explanation, refused_because="diagnosis (at character 8)")
    assert "diagnosis (at character 8)" in patient_text_origin(refused)


NOTE = training_note(
    {
        "density": "920 simulated exams (phantoms), 81 women's films (mini-MIAS) and 100 in-silico "
        "images (M-SYNTH)",
        "joint": "920 simulated exams (phantoms) and 107 hybrids (simulated lesions in normal "
        "films of 41 women, mini-MIAS)",
    },
    {
        "heads": {
            "presence": {
                "rows": {"image + metadata": {"auc": {"value": 0.6, "low": 0.5, "high": 0.7}}}
            },
            "suspicion": {
                "rows": {"image + metadata": {"auc": {"value": 0.68, "low": 0.6, "high": 0.75}}}
            },
        }
    },
)


def test_a_note_that_the_language_knows_is_translated() -> None:
    assert CHINESE.note_of("No part of the model is trained.") == "模型没有任何部分经过训练。"
    assert CHINESE.note_of(NOTE) == (
        "密度类别所依据的训练数据为 920 例模拟检查（数字体模）、81 名女性的胶片（MIAS 精简版）、"
        "100 幅计算机模拟图像（M-SYNTH）。存在发现的可能性以及 BI-RADS 4 类相对于 3 类的可能性"
        "仅用 920 例模拟检查（数字体模）、107 例混合图像（在 41 名女性的正常胶片（MIAS 精简版）中"
        "加入模拟病变）训练，从未用过患者的病变；在留出的体模上 AUC 分别为 "
        "0.60（0.50–0.70）和 0.68（0.60–0.75）。"
        "在真实图像上，它们只表明方法能够运行，仅此而已。"
        "仅供研究使用，不得用于临床。"
    )


def test_the_note_of_the_shipped_weights_is_translated() -> None:
    told = CHINESE.note_of(WeightsFolder(COMPACT_WEIGHTS).card.training_note)
    assert not re.search(r"[a-z]{4}", told)


@pytest.mark.parametrize("change", ["not ", "almost ", "a ", "Never ", "NOT ", "non-"])
@pytest.mark.parametrize("before", ["simulated exams", "only", "AUC", "81", "and"])
def test_a_note_with_a_word_that_the_language_does_not_know_stays_as_it_is(
    change: str, before: str
) -> None:
    changed = NOTE.replace(before, f"{change}{before}")
    assert CHINESE.note_of(changed) == f"数值的依据（权重所附说明的英文原文）：“{changed}”。"
    assert ENGLISH.note_of(changed) == changed


def test_density_categories_have_the_letters_that_the_words_are_kept_by() -> None:
    assert [str(category) for category in DensityCategory] == list("ABCD")

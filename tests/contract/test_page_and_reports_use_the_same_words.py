"""The page's sentences and those of the results come from two files a language, and agree."""

import pytest
from pydicom.sr.coding import Code

from mammovlm import study
from mammovlm.errors import RejectionReason
from mammovlm.findings import RegionKind
from mammovlm.results.codes import REGION_KINDS
from mammovlm.tasks.analyze_study import _FAILURE_TEXTS
from mammovlm.words import LANGUAGES as WORDS
from mammovlm_orthanc.languages import DEFAULT, ENGLISH, LANGUAGES

CHINESE, CHINESE_WORDS = LANGUAGES["zh-CN"], WORDS["zh-CN"]


def test_both_speak_the_same_languages_with_the_same_default() -> None:
    assert list(LANGUAGES) == list(WORDS)
    assert next(iter(WORDS)) == DEFAULT


def test_every_reason_of_the_worker_has_its_sentence_and_a_short_name() -> None:
    told = {f"reason.{reason.value}": reason.text for reason in RejectionReason}
    told |= {f"reason.{code}": text for code, text in _FAILURE_TEXTS.items()}
    assert {key: ENGLISH.sentences[key] for key in told} == told
    names = {f"reason-name.{key.removeprefix('reason.')}" for key in told}
    assert names <= ENGLISH.sentences.keys()


def test_every_reason_for_leaving_out_an_image_is_named() -> None:
    keys = {f"left-out.{reason.value}" for reason in study.LeftOutReason}
    assert keys <= ENGLISH.sentences.keys()


@pytest.mark.parametrize("reason", CHINESE_WORDS.refusal.reasons)
def test_refusals_say_the_same_in_chinese(reason: str) -> None:
    report, page = CHINESE_WORDS.refusal.reasons[reason], CHINESE(f"reason.{reason}")
    if reason == "result-invalid":  # the page's reader has the log at hand
        assert page == report.replace("请报告", "请连同日志一起报告")
    else:
        assert page == report


def test_terms_are_the_same_in_chinese() -> None:
    names, readable = CHINESE_WORDS.names, CHINESE_WORDS.readable
    assert {side: CHINESE(f"side.{side}") for side in names.sides} == names.sides
    assert {code: CHINESE(f"left-out.{code}") for code in names.reasons} == names.reasons
    assert {one: CHINESE(f"density.{one}") for one in readable.densities} == readable.densities
    for slot in study.HANGING_ORDER:
        side, view = names.sides[str(slot)[0]], names.views[str(slot)[1:]]
        assert CHINESE(f"slot.{slot}").startswith(f"{side}{view}")


@pytest.mark.parametrize(("kind", "code"), REGION_KINDS.items())
def test_kinds_of_regions_are_those_of_the_report(kind: RegionKind, code: Code) -> None:
    key = f"kind.{code.value}"
    assert ENGLISH(key) == code.meaning
    assert CHINESE(key) in CHINESE_WORDS.readable.kinds

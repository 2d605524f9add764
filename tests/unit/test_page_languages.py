"""The page speaks every language that it has a file of sentences for, whole and alone."""

import json
import re
from http import HTTPStatus
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mammovlm_orthanc import page_files
from mammovlm_orthanc.languages import (
    COOKIE,
    ENGLISH,
    FOLDER,
    LANGUAGES,
    LanguageIncomplete,
    language_of,
    read_languages,
)
from mammovlm_orthanc.page_files import PageFiles
from mammovlm_orthanc.rest_messages import Refused, Request
from mammovlm_orthanc.settings import SettingRefused, Settings
from page_sources import PageTexts, script_texts

PAGE = page_files.FOLDER
SCRIPTS = sorted(PAGE.glob("*.js"))
CHINESE = LANGUAGES["zh-CN"]
TWO_WORDS = re.compile(r"[A-Za-z]{2,}[,.:;!?…]*\s+[(“]?[A-Za-z]{2,}")
A_CAPITAL = re.compile(r"[A-Z][a-z]+[.!?…]?")
# A literal as an accessible name or a hint, as the first child of an element, or as its text.
WORDS_FOR_PEOPLE = re.compile(
    r"(?:'aria-label'|\b(?:title|placeholder|alt)): ['`][^'`]*|\bsay\('[^']*|textContent = '[^']+"
    r"|\},\s*'[^']*[A-Za-z][^']*'(?=\s*[,)])"
)
NOT_SHOWN = {
    *("ArrowDown", "ArrowUp", "Home", "End", "Enter", "Escape"),  # names of keys
    *("fitted on validation exams", "none (raw score)"),  # as the report has them
    *("button main", "YMid meet"),  # of CSS and SVG
    "=; Path=/mammovlm; Max-Age=; SameSite=Strict",
    "; Secure",
}


def write_languages(folder: Path, **changed: dict[str, str]) -> None:
    """Write the English file, and others that differ from it; an empty text leaves a key out."""
    english = dict(ENGLISH.sentences)
    for tag, difference in {"en_US": {}, **changed}.items():
        content = {key: text for key, text in {**english, **difference}.items() if text}
        (folder / f"{tag.replace('_', '-')}.json").write_text(json.dumps(content))


def test_english_and_chinese_are_there_and_english_is_the_default() -> None:
    assert [*LANGUAGES] == ["en-US", "zh-CN"]


def test_every_chinese_sentence_is_chinese() -> None:
    letters = re.compile("[\u4e00-\u9fff]")
    english = {
        key
        for key, sentence in CHINESE.sentences.items()
        if not letters.search(sentence)
        and re.search("[A-Za-z]{2}", re.sub(r"\{\w+\}", "", sentence))
    }
    assert english == set()
    assert not [
        text for text in ENGLISH.sentences.values() if text != "中文" and letters.search(text)
    ]


def test_a_further_language_is_one_more_file(tmp_path: Path) -> None:
    write_languages(tmp_path, de_DE={"state.done": "fertig"})
    assert read_languages(tmp_path)["de-DE"]("state.done") == "fertig"


@pytest.mark.parametrize(
    "wrong",
    [
        {"state.done": ""},
        {"state.invented": "erfunden"},
        {"number.percent": "Prozent"},
        {"number.percent": "{wert} %"},
    ],
    ids=["a key is missing", "a key too many", "a field is missing", "a field is misspelt"],
)
def test_a_language_that_is_not_complete_is_refused_by_name(
    tmp_path: Path, wrong: dict[str, str]
) -> None:
    write_languages(tmp_path, de_DE=wrong)
    (key,) = wrong
    with pytest.raises(LanguageIncomplete, match=rf"de-DE\.json.*{re.escape(key)}"):
        read_languages(tmp_path)


def asked_keys() -> tuple[set[str], set[str]]:
    """Give every key that the sources ask for, and the beginnings of those made at run time."""
    scripts = "\n".join(path.read_text() for path in SCRIPTS)
    pages = "\n".join(path.read_text() for path in PAGE.glob("*.html"))
    modules = "\n".join(path.read_text() for path in PAGE.parent.glob("*.py"))
    codes = re.findall(r'Refused\(\s*HTTPStatus\.\w+,\s*"([\w-]+)"', modules)
    names = set(re.findall(r"'([a-z][\w-]*\.[\w.-]+)'", scripts)) & set(ENGLISH.sentences)
    names |= set(re.findall(r"(?:sentence|parts)\('([^']+)'", scripts))
    names |= set(re.findall(r"\$\{([a-z][\w.-]*)\}", pages))
    names |= set(re.findall(r'(?:ENGLISH|language|known|self)\(["\']([\w.-]+)["\']', modules))
    names |= {f"refused.{code}{end}" for code in codes for end in ("", ".do")}
    starts = set(re.findall(r"(?:sentence|parts|has)\(`([a-z][\w.-]*\.)\$\{", scripts))
    starts |= {f"{group}." for group in re.findall(r"named\('([\w.-]+)'", scripts)}
    return names, starts | {"reason."}


def test_the_page_asks_for_no_sentence_that_is_not_there_and_none_is_there_for_nothing() -> None:
    names, starts = asked_keys()
    assert len(names) > 150
    assert names - ENGLISH.sentences.keys() == set()
    assert {s for s in starts if not any(key.startswith(s) for key in ENGLISH.sentences)} == set()
    unasked = {key for key in ENGLISH.sentences if not key.startswith(tuple(starts))} - names
    assert unasked == {"study.title", "worklist.title"} - names


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_no_script_says_anything_in_a_language_of_its_own(path: Path) -> None:
    source = path.read_text()
    said = [
        text
        for text in script_texts(source)
        if TWO_WORDS.search(text) or A_CAPITAL.fullmatch(text.strip())
    ]
    assert [text for text in said if text.strip() not in NOT_SHOWN] == []
    assert WORDS_FOR_PEOPLE.findall(source) == []


@pytest.mark.parametrize("path", sorted(PAGE.glob("*.html")), ids=lambda path: path.name)
def test_no_page_says_anything_in_a_language_of_its_own(path: Path) -> None:
    texts = PageTexts()
    texts.feed(path.read_text())
    own = [re.sub(r"\$\{[\w.-]+\}|\$\w+", "", text) for text in texts.texts]
    assert [text for text in own if re.search("[A-Za-z]", text.replace("MammoVLM", ""))] == []


def test_what_finds_english_in_the_sources_finds_it() -> None:
    said = list(script_texts("a('Run again') // a comment's\nb(`x ${c('Not here')} y`, 'Done')"))
    assert said == ["Run again", "Not here", "x  y", "Done"]
    own = ["{ title: 'view' }", "element('b', {}, 'draft')", "say('kept')", "a.textContent = 'b'"]
    assert [bool(WORDS_FOR_PEOPLE.search(source)) for source in own] == [True] * len(own)
    texts = PageTexts()
    texts.feed('<p title="A title"><kbd>Esc</kbd> back <img alt="view"></p>')
    assert texts.texts == ["A title", "back", "view"]


def page(language: str, cookie: str = "") -> str:
    headers = {"cookie": cookie} if cookie else {}
    return PageFiles(language).page(Request("GET", "", headers=headers), "worklist").body


def test_the_site_chooses_the_language_and_a_reader_may_choose_another() -> None:
    assert '<html lang="en-US">' in page("en-US")
    assert '<html lang="zh-CN">' in page("zh-CN")
    assert "工作列表" in page("zh-CN")
    assert '<html lang="en-US">' in page("zh-CN", f"other=1; {COOKIE}=en-US")
    for odd in (f"{COOKIE}=tlh", f"{COOKIE}=", f"{COOKIE}=../x", "=;=", 'a="'):
        assert language_of({"cookie": odd}, "zh-CN") is CHINESE


@given(st.text())
def test_whatever_a_cookie_holds_there_is_a_language(cookie: str) -> None:
    assert language_of({"cookie": cookie}, "zh-CN") in LANGUAGES.values()


def test_the_setting_takes_the_languages_that_there_are() -> None:
    read = Settings.from_configuration({"MammoVLM": {"Language": "zh-CN"}})
    assert read.language == "zh-CN"
    with pytest.raises(SettingRefused, match="Language must be en-US or zh-CN"):
        Settings.from_configuration({"MammoVLM": {"Language": "tlh"}})


def test_a_refusal_keeps_its_code_and_is_said_in_the_readers_language() -> None:
    refused = Refused(HTTPStatus.CONFLICT, "no-result", state="queued")
    said = {
        language: json.loads(refused.answer(LANGUAGES[language]).body) for language in LANGUAGES
    }
    assert said["en-US"]["error"] == "This study has no result to ask about: it is queued."
    assert said["zh-CN"]["error"] == "此检查没有可供提问的结果：其状态为“排队中”。"
    assert {one["code"] for one in said.values()} == {"no-result"}


def test_a_reason_is_said_in_chinese_with_what_the_worker_added() -> None:
    english = ENGLISH("reason.no-readable-view")
    assert ENGLISH.reason("no-readable-view", f"{english} (Rows)") == f"{english} (Rows)"
    chinese = CHINESE("reason.no-readable-view")
    assert CHINESE.reason("no-readable-view", english) == chinese
    assert CHINESE.reason("no-readable-view", f"{english} (Rows)") == f"{chinese}（说明：Rows）"
    given_up = ENGLISH("reason.internal-error.given-up")
    assert CHINESE.reason("internal-error", given_up) == CHINESE("reason.internal-error.given-up")
    assert CHINESE.reason("of-another-version", "What it says.") == "What it says."
    assert CHINESE.reason("", "") == ""


def test_a_status_is_told_in_chinese_with_its_history_and_its_codes_as_they_are() -> None:
    run = {"state": "rejected", "reason": "no-mammogram", "text": ENGLISH("reason.no-mammogram")}
    told = CHINESE.status({**run, "history": [run, {"run": 1, "state": "done"}]})
    assert told["text"] == told["history"][0]["text"] == CHINESE("reason.no-mammogram")
    assert (told["state"], told["reason"]) == ("rejected", "no-mammogram")
    assert told["history"][1] == {"run": 1, "state": "done"}


def test_every_language_is_a_file_of_the_page() -> None:
    for tag, language in LANGUAGES.items():
        answer = PageFiles().get(Request("GET", f"page/{tag}.json"), f"{tag}.json")
        assert json.loads(answer.body) == language.sentences
    assert {path.stem for path in FOLDER.iterdir()} == set(LANGUAGES)

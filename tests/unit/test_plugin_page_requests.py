"""Requests of the page: changes that another site sends are refused, bodies are read strictly."""

import json
import re
from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mammovlm_orthanc.page_files import FOLDER, PageFiles
from mammovlm_orthanc.request_json import MOST_BRACKETS, read_json
from mammovlm_orthanc.rest_messages import Refused, Request
from mammovlm_orthanc.rest_parameters import texts
from mammovlm_orthanc.same_origin import refuse_foreign
from mammovlm_orthanc.stored_study import StudyHeader

OURS = {
    "host": "pacs.test:8042",
    "origin": "http://pacs.test:8042",
    "sec-fetch-site": "same-origin",
    "x-mammovlm-page": "1",
}


def test_our_own_page_and_programs_that_are_no_browsers_may_change_things() -> None:
    refuse_foreign(OURS)
    refuse_foreign({**OURS, "host": "PACS.test:8042"})
    refuse_foreign({"host": "pacs.test:8042", "user-agent": "python-requests/2"})


@pytest.mark.parametrize(
    "changed",
    [
        {"origin": "http://evil.test"},
        {"origin": "null"},
        {"origin": "http://pacs.test:8042.evil.test"},
        {"origin": "http://["},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"x-mammovlm-page": None},
        {"host": "pacs.test"},
    ],
)
def test_what_another_site_makes_a_browser_send_is_refused(changed: dict[str, str | None]) -> None:
    headers = {name: value for name, value in {**OURS, **changed}.items() if value is not None}
    with pytest.raises(Refused) as refused:
        refuse_foreign(headers)
    assert refused.value.status == 403


def test_a_form_of_another_site_in_an_old_browser_is_refused() -> None:
    with pytest.raises(Refused):
        refuse_foreign({"host": "pacs.test", "referer": "http://evil.test/", "cookie": "a=b"})


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"[]", b"{", b'{"a": 1}', b'{"b": ""}', b'{"a": "xxxxx"}', b'{"a": "\\ud800"}'),
        *(b'{"a": "x\\u0000"}', b'{"a": "\\u001b"}', b'{"a": "\\u007f"}'),
    ],
)
def test_a_body_that_is_not_as_agreed_is_refused(body: bytes) -> None:
    with pytest.raises(Refused) as refused:
        texts(body, {"a": 4})
    assert refused.value.status == 400


@pytest.mark.parametrize(("begin", "end"), [("[", "]"), ('{"a":', "}")], ids=["array", "object"])
@pytest.mark.parametrize("depth", [MOST_BRACKETS + 1, 400, 600, 100_000])
def test_deep_nesting_is_refused_before_it_can_end_orthanc(
    begin: str, end: str, depth: int
) -> None:
    deep = begin * depth + "1" + end * depth
    for body in (deep, f'{{"a": {deep}}}', f'{{"\\": "\\\\"[", "a": {deep}}}', begin * depth):
        with pytest.raises(ValueError, match="nested"):
            read_json(body.encode())
    with pytest.raises(Refused) as refused:
        texts(f'{{"a": {deep}}}'.encode(), {"a": 4})
    assert refused.value.status == 400


@given(st.dictionaries(st.text(), st.text('[]{}\\"a乳') | st.integers() | st.none(), max_size=6))
def test_whatever_a_flat_body_says_is_read_as_it_was_written(said: dict[str, object]) -> None:
    for is_ascii in (True, False):
        try:
            body = json.dumps(said, ensure_ascii=is_ascii).encode()
        except UnicodeEncodeError:  # half a character has no UTF-8
            continue
        assert read_json(body) == said


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "cp500"])
def test_a_body_that_is_no_utf_8_is_refused(encoding: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_json('{"a": "x"}'.encode(encoding))


def test_a_text_that_was_left_out_is_empty() -> None:
    assert texts(b'{"a": " x "}', {"a": 4, "b": 4}) == {"a": "x", "b": ""}


@given(st.text(max_size=30))
def test_no_name_leads_out_of_the_pages_folder(name: str) -> None:
    known = {path.name for path in FOLDER.iterdir() if path.is_file()}
    if name not in known:
        with pytest.raises(Refused):
            PageFiles().get(Request("GET", f"page/{name}"), name)


def test_every_file_of_the_page_is_small_because_orthanc_stands_still_while_it_is_sent() -> None:
    sizes = {path.name: path.stat().st_size for path in FOLDER.rglob("*") if path.is_file()}
    assert sizes
    assert {name: size for name, size in sizes.items() if size > 30_000} == {}


def test_nothing_about_the_patient_is_sent_that_no_page_shows() -> None:
    scripts = "".join(path.read_text() for path in FOLDER.glob("*.js"))
    sent = {field.name for field in fields(StudyHeader)}
    assert sent
    assert {name for name in sent if not re.search(rf"\b{name}\b", scripts)} == set()


def test_no_page_holds_a_script_or_a_style_or_names_another_host() -> None:
    for path in FOLDER.rglob("*.*"):
        text = path.read_text().replace("http://www.w3.org/2000/svg", "")
        assert "http://" not in text, path
        assert "https://" not in text, path
        assert "innerHTML" not in text, path
    for path in FOLDER.glob("*.html"):
        text = path.read_text()
        assert " style=" not in text
        assert "<style" not in text
        assert not re.search(r"\son[a-z]+=", text)
        assert all('src="/mammovlm/page/' in part for part in text.split("<script")[1:])

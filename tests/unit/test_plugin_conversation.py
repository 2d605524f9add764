"""Conversations in the plugin: only ever added to, one answer to a question, within limits."""

import json
import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mammovlm_orthanc import clock
from mammovlm_orthanc.archive import NotInArchive, OrthancArchive
from mammovlm_orthanc.ask_limits import MOST_A_MINUTE, MOST_OPEN, MOST_OPEN_OF_A_STUDY, may_ask
from mammovlm_orthanc.ask_messages import is_question, question_message, read_dead_question
from mammovlm_orthanc.conversation import (
    MOST_QUESTIONS,
    Conversation,
    ConversationFull,
    ConversationUnreadable,
    GivenAnswer,
    Question,
)
from mammovlm_orthanc.conversation_store import CONVERSATION_METADATA, ConversationStore
from mammovlm_orthanc.messages import MessageMalformed
from mammovlm_orthanc.rest_messages import Refused

STUDY = "b9c08539-26f93bde-c81ab0d7-bffaf2cb-a4d0bdd0"
LONG_AGO = "2026-01-05T10:15:00.000+00:00"
WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


def question(number: int = 0, at: str = LONG_AGO, words: str = "How dense is it?") -> Question:
    return Question(number, at, "Dr A", 1, "1.2", words, "a-job")


def answer(number: int, text: str = "It is dense.") -> GivenAnswer:
    return GivenAnswer(number, LONG_AGO, text, "template", "", "en-US", ("density",))


class OneStudy(OrthancArchive):
    """An archive of one study that keeps what is written."""

    def __init__(self) -> None:
        self.metadata: dict[str, str] = {}
        self.property = ""
        self.is_there = True

    def get(self, uri: str) -> Mapping[str, Any]:
        if not self.is_there or STUDY not in uri:
            raise NotInArchive(uri)
        return self.metadata

    def put(self, uri: str, body: str) -> None:
        self.metadata[uri.rsplit("/", 1)[1]] = body

    def open_questions(self) -> str:
        return self.property

    def set_open_questions(self, document: str) -> None:
        self.property = document

    def study_instance_uid(self, study_id: str) -> str:
        return "1.2.3"


def store_of(archive: OneStudy) -> ConversationStore:
    return ConversationStore(archive, lambda: None)


@given(st.lists(WORDS, max_size=6), st.data())
def test_a_conversation_is_read_back_as_it_was_written(
    said: list[str], data: st.DataObject
) -> None:
    conversation = Conversation()
    for words in said:
        conversation = conversation.with_question(question(words=words))
        if data.draw(st.booleans()):
            conversation = conversation.with_answer(answer(len(conversation.questions), words))
    assert Conversation.from_json(conversation.to_json()) == conversation
    assert [one.number for one in conversation.questions] == list(range(1, len(said) + 1))


def test_the_first_answer_stands_and_an_unknown_question_gets_none() -> None:
    once = Conversation().with_question(question()).with_answer(answer(1, "first"))
    assert once.with_answer(answer(1, "second")) is once
    assert once.with_answer(answer(2)) is once
    assert once.with_answer(answer(0)) is once
    assert once.entries()[0]["answer"]["text"] == "first"


def test_people_see_who_asked_what_when_and_not_the_jobs_secret() -> None:
    conversation = Conversation().with_question(question())
    (entry,) = conversation.entries()
    assert (entry["asker"], entry["at"], entry["report_uid"]) == ("Dr A", LONG_AGO, "1.2")
    assert entry["answer"] is None
    assert "job_id" not in entry


@pytest.mark.parametrize(
    "document", ["", "[]", "{}", "null", '{"version":2}', '{"version":1,"questions":[{}]}']
)
def test_a_document_of_another_version_is_not_guessed_at(document: str) -> None:
    with pytest.raises(ConversationUnreadable):
        Conversation.from_json(document)


def test_a_full_conversation_takes_no_more() -> None:
    full = Conversation(tuple(question(n) for n in range(1, MOST_QUESTIONS + 1)))
    with pytest.raises(ConversationFull):
        full.with_question(question())


def test_too_many_waiting_questions_are_refused() -> None:
    waiting = Conversation(tuple(question(n) for n in range(1, MOST_OPEN_OF_A_STUDY + 1)))
    with pytest.raises(Refused) as refused:
        may_ask(waiting, 3)
    assert refused.value.status == 503
    with pytest.raises(Refused) as refused:
        may_ask(Conversation(), MOST_OPEN)
    assert refused.value.status == 503


def test_too_many_questions_in_a_minute_are_refused_and_later_ones_are_not() -> None:
    now = clock.iso(clock.now())
    numbers = range(1, MOST_A_MINUTE + 1)
    answers = tuple(answer(number) for number in numbers)
    with pytest.raises(Refused) as refused:
        may_ask(Conversation(tuple(question(n, now) for n in numbers), answers), 0)
    assert refused.value.status == 503
    may_ask(Conversation(tuple(question(n) for n in numbers), answers), 0)


def test_a_question_waits_until_it_is_answered_also_over_a_restart() -> None:
    archive = OneStudy()
    asked = store_of(archive).ask(STUDY, question(), lambda *_: None)
    again = store_of(archive)
    assert again.waiting() == ((STUDY, asked.number),)
    assert again.question((STUDY, 1)) == (asked, "1.2.3")
    again.answer(STUDY, answer(1))
    assert again.waiting() == ()
    assert again.question((STUDY, 1)) is None


def test_a_question_that_is_refused_leaves_nothing_behind() -> None:
    archive = OneStudy()

    def refuse(_conversation: Conversation, _waiting: int) -> None:
        raise Refused(HTTPStatus.SERVICE_UNAVAILABLE, "too-fast")

    with pytest.raises(Refused):
        store_of(archive).ask(STUDY, question(), refuse)
    assert (archive.metadata, archive.property) == ({}, "")


def test_a_listed_question_that_never_came_onto_its_study_is_dropped() -> None:
    archive = OneStudy()
    archive.property = json.dumps([[STUDY, 7]])
    store = store_of(archive)
    assert store.question((STUDY, 7)) is None
    assert store.waiting() == ()


def test_questions_about_a_study_that_is_gone_are_dropped() -> None:
    archive = OneStudy()
    store = store_of(archive)
    store.ask(STUDY, question(), lambda *_: None)
    archive.is_there = False
    assert store.question((STUDY, 1)) is None
    assert json.loads(archive.property) == []


@pytest.mark.parametrize("document", ["{", "7", "[[1]]", '["a"]', "[[1, null]]"])
def test_a_list_that_is_damaged_is_begun_anew(document: str) -> None:
    archive = OneStudy()
    archive.property = document
    assert store_of(archive).waiting() == ()


def test_the_conversation_is_kept_under_its_own_metadata_as_written() -> None:
    archive = OneStudy()
    store_of(archive).ask(STUDY, question(words="密度?"), lambda *_: None)
    kept = Conversation.from_json(archive.metadata[CONVERSATION_METADATA])
    assert kept.questions[0].question == "密度?"


def test_a_dead_question_is_read_as_the_question_it_was() -> None:
    message = question_message(STUDY, "1.2.3", question(5))
    assert is_question(message.headers)
    assert read_dead_question(message.body) == (STUDY, 5)
    assert re.search(rb"dense", message.body) is None


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"[[{}]]", b'[[{"orthanc_study_id": "x", "question": 1}]]', b"[[7]]",
     b'[[{"orthanc_study_id": "' + STUDY.encode() + b'", "question": 0}]]'],
)  # fmt: skip
def test_a_malformed_dead_question_is_refused(body: bytes) -> None:
    with pytest.raises(MessageMalformed):
        read_dead_question(body)

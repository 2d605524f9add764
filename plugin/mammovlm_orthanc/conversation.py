# SPDX-License-Identifier: AGPL-3.0-or-later
"""The conversation about a study's results: questions that people asked, and their answers.

The JSON document in the study's Orthanc metadata ``MammoVLMConversation``. Questions and answers
are only ever added, and the first answer to a question stands.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

LONGEST_QUESTION, LONGEST_ASKER, LONGEST_ANSWER = 500, 64, 4000
MOST_QUESTIONS = 200
ORIGINS = frozenset({"language-model", "template", "refusal"})
FAILED = "failed"
"""Origin of an entry that ends a question without an answer."""


class ConversationUnreadable(ValueError):
    """Raised when the document is none that this version understands; it is left as it is."""


class ConversationFull(ValueError):
    """Raised when there is no room for another question."""


@dataclass(frozen=True)
class Question:
    """One question.

    Parameters
    ----------
    number
        1 for the first of the study.
    at
        When, ISO 8601 UTC.
    asker
        Who, as far as it is known.
    run, report_uid
        The run and the SOP Instance UID of the report that it was asked on.
    question
        In the asker's words.
    job_id
        Of the job that asks a worker; only who has it may answer.
    """

    number: int
    at: str
    asker: str
    run: int
    report_uid: str
    question: str
    job_id: str


@dataclass(frozen=True)
class GivenAnswer:
    """The answer to a question.

    Parameters
    ----------
    number
        Of the question.
    at
        When, ISO 8601 UTC.
    text
        Whole sentences; "" where there is no answer.
    origin
        One of `ORIGINS`: who worded it; or `FAILED`.
    check
        "passed" where the language model's wording passed the check; else why that is not shown.
    language
        RFC 5646 tag.
    topics
        What it speaks of.
    """

    number: int
    at: str
    text: str
    origin: str
    check: str
    language: str = ""
    topics: tuple[str, ...] = ()


@dataclass(frozen=True)
class Conversation:
    """All questions and answers of a study, each oldest first."""

    questions: tuple[Question, ...] = ()
    answers: tuple[GivenAnswer, ...] = ()
    version: int = 1

    def with_question(self, question: Question) -> "Conversation":
        """Add a question; it gets the next number.

        Raises
        ------
        ConversationFull
            If `MOST_QUESTIONS` are there.
        """
        if len(self.questions) >= MOST_QUESTIONS:
            raise ConversationFull
        numbered = replace(question, number=len(self.questions) + 1)
        return replace(self, questions=(*self.questions, numbered))

    def with_answer(self, answer: GivenAnswer) -> "Conversation":
        """Add an answer; the same conversation where the question is unknown or answered."""
        if self.question(answer.number) is None or self.answer(answer.number) is not None:
            return self
        return replace(self, answers=(*self.answers, answer))

    def question(self, number: int) -> Question | None:
        """Give a question by its number."""
        known = 1 <= number <= len(self.questions)
        return self.questions[number - 1] if known else None

    def answer(self, number: int) -> GivenAnswer | None:
        """Give the answer to a question, None while there is none."""
        return next((answer for answer in self.answers if answer.number == number), None)

    @property
    def open(self) -> tuple[Question, ...]:
        """The questions that wait for an answer."""
        answered = {answer.number for answer in self.answers}
        return tuple(one for one in self.questions if one.number not in answered)

    def entries(self) -> list[dict[str, Any]]:
        """Give each question with its answer, as people may read it."""
        return [_entry(question, self.answer(question.number)) for question in self.questions]

    def to_json(self) -> str:
        """Write the document."""
        return json.dumps(asdict(self), ensure_ascii=False, separators=(",", ":"))

    @classmethod
    def from_json(cls, document: str) -> "Conversation":
        """Read the document.

        Raises
        ------
        ConversationUnreadable
            If it is none of version 1.
        """
        try:
            content = json.loads(document)
            if content["version"] != 1:
                raise ConversationUnreadable("another version")
            return cls(
                tuple(_question(one) for one in content["questions"]),
                tuple(_answer(one) for one in content["answers"]),
            )
        except (ValueError, TypeError, KeyError) as error:
            raise ConversationUnreadable("metadata MammoVLMConversation is no version 1") from error


def _entry(question: Question, answer: GivenAnswer | None) -> dict[str, Any]:
    told = asdict(question)
    del told["job_id"]
    if answer is None:
        return {**told, "answer": None}
    said = asdict(answer)
    del said["number"]
    return {**told, "answer": said}


def _question(content: Mapping[str, Any]) -> Question:
    return Question(
        number=int(content["number"]),
        at=str(content["at"]),
        asker=str(content["asker"]),
        run=int(content["run"]),
        report_uid=str(content["report_uid"]),
        question=str(content["question"]),
        job_id=str(content["job_id"]),
    )


def _answer(content: Mapping[str, Any]) -> GivenAnswer:
    return GivenAnswer(
        number=int(content["number"]),
        at=str(content["at"]),
        text=str(content["text"]),
        origin=str(content["origin"]),
        check=str(content["check"]),
        language=str(content["language"]),
        topics=tuple(str(topic) for topic in content["topics"]),
    )

# SPDX-License-Identifier: AGPL-3.0-or-later
"""The only place that writes conversations, and the list of questions that wait for an answer.

The list is kept in a property of Orthanc, so that a restart need not look through all studies. A
question stands in the list before it stands on its study, so it can never be forgotten; an entry of
the list without a question is dropped.
"""

import json
import threading
from collections.abc import Callable
from typing import TypeAlias

from mammovlm_orthanc.archive import NotInArchive, OrthancArchive
from mammovlm_orthanc.conversation import (
    Conversation,
    ConversationUnreadable,
    GivenAnswer,
    Question,
)

CONVERSATION_METADATA = "MammoVLMConversation"

Waiting: TypeAlias = tuple[str, int]
"""Orthanc's identifier of a study, and the number of a question."""


class ConversationStore:
    """Conversations of all studies.

    Parameters
    ----------
    archive
        Where they are kept.
    wake
        Called when a question is there to be sent.
    """

    def __init__(self, archive: OrthancArchive, wake: Callable[[], None]) -> None:
        self._archive = archive
        self._wake = wake
        self._lock = threading.RLock()
        self._waiting: list[Waiting] | None = None

    def read(self, study_id: str) -> Conversation:
        """Give the conversation of a study, an empty one where nobody asked anything.

        Raises
        ------
        NotInArchive
            If the study is gone.
        ConversationUnreadable
            If it was written by another version.
        """
        metadata = self._archive.get(f"/studies/{study_id}/metadata?expand")
        document = metadata.get(CONVERSATION_METADATA)
        return Conversation() if document is None else Conversation.from_json(str(document))

    def ask(
        self, study_id: str, question: Question, may_ask: Callable[[Conversation, int], None]
    ) -> Question:
        """Keep one more question; it is on the disk when this returns.

        Parameters
        ----------
        study_id
            Orthanc's identifier.
        question
            It gets its number here.
        may_ask
            Told the conversation so far and how many questions wait in all; raises to refuse.

        Raises
        ------
        NotInArchive, ConversationUnreadable, ConversationFull
            As in `read` and `Conversation.with_question`; nothing is changed then.
        """
        with self._lock:
            before = self.read(study_id)
            may_ask(before, len(self.waiting()))
            after = before.with_question(question)
            asked = after.questions[-1]
            self._keep_waiting([*self.waiting(), (study_id, asked.number)])
            self._write(study_id, after)
        self._wake()
        return asked

    def answer(self, study_id: str, answer: GivenAnswer) -> Conversation:
        """Keep an answer, unless there is one; give the conversation as it is then.

        Raises
        ------
        NotInArchive, ConversationUnreadable
            As in `read`.
        """
        with self._lock:
            before = self.read(study_id)
            after = before.with_answer(answer)
            if after is not before:
                self._write(study_id, after)
            self.drop((study_id, answer.number))
            return after

    def waiting(self) -> tuple[Waiting, ...]:
        """Give the questions that wait for an answer, in the order in which they were asked."""
        with self._lock:
            if self._waiting is None:
                self._waiting = _read_waiting(self._archive.open_questions())
            return tuple(self._waiting)

    def question(self, waiting: Waiting) -> tuple[Question, str] | None:
        """Give a question that waits, with its Study Instance UID; drop it where it waits no more.

        Returns
        -------
        Question, str or None
        """
        study_id, number = waiting
        try:
            with self._lock:  # not between a question's place in the list and on its study
                found = [one for one in self.read(study_id).open if one.number == number]
            if found:
                return found[0], self._archive.study_instance_uid(study_id)
        except (NotInArchive, ConversationUnreadable):
            pass
        self.drop(waiting)
        return None

    def drop(self, waiting: Waiting) -> None:
        """Take a question off the list."""
        with self._lock:
            left = [one for one in self.waiting() if one != waiting]
            if len(left) < len(self.waiting()):
                self._keep_waiting(left)

    def _keep_waiting(self, waiting: list[Waiting]) -> None:
        self._archive.set_open_questions(json.dumps(waiting))
        self._waiting = waiting

    def _write(self, study_id: str, conversation: Conversation) -> None:
        path = f"/studies/{study_id}/metadata/{CONVERSATION_METADATA}"
        self._archive.put(path, conversation.to_json())


def _read_waiting(document: str) -> list[Waiting]:
    try:
        return [(str(study_id), int(number)) for study_id, number in json.loads(document or "[]")]
    except (ValueError, TypeError):
        return []

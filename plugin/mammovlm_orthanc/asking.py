# SPDX-License-Identifier: AGPL-3.0-or-later
"""Puts together what takes questions, sends them to workers and keeps their answers."""

from mammovlm_orthanc.archive import OrthancArchive
from mammovlm_orthanc.ask_facts import QuestionFacts
from mammovlm_orthanc.ask_outbox import QuestionOutbox
from mammovlm_orthanc.ask_rest import AskApi
from mammovlm_orthanc.conversation_store import ConversationStore
from mammovlm_orthanc.metrics import Counters
from mammovlm_orthanc.status_store import StatusStore
from mammovlm_orthanc.stored_study import StoredStudies


class Asking:
    """Questions and their answers.

    Parameters
    ----------
    archive, statuses
        Orthanc, and what is known of its studies.
    counters
        Counts jobs.

    Attributes
    ----------
    outbox
        For the publisher, and for the reader of dead letters.
    routes
        Of the REST interface.
    """

    def __init__(self, archive: OrthancArchive, statuses: StatusStore, counters: Counters) -> None:
        conversations = ConversationStore(archive, statuses.outbox_filled.set)
        self.outbox = QuestionOutbox(conversations, counters)
        facts = QuestionFacts(StoredStudies(archive))
        self.routes = AskApi(archive, statuses, conversations, facts).routes

# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a worker needs to answer a question: the report's facts, its images, what was said before.

No name and no header of the patient is among it.
"""

from collections.abc import Mapping
from dataclasses import asdict
from http import HTTPStatus
from typing import Any

from mammovlm_orthanc.archive import NotInArchive
from mammovlm_orthanc.candidate import Slot
from mammovlm_orthanc.conversation import FAILED, Conversation, Question
from mammovlm_orthanc.rest_messages import Refused
from mammovlm_orthanc.status import StudyStatus
from mammovlm_orthanc.stored_report import StoredReport, read_report
from mammovlm_orthanc.stored_study import StoredStudies


class QuestionFacts:
    """Gathers it.

    Parameters
    ----------
    studies
        Where the reports are.
    """

    def __init__(self, studies: StoredStudies) -> None:
        self._studies = studies

    def document(
        self, study_id: str, status: StudyStatus, conversation: Conversation, question: Question
    ) -> dict[str, Any]:
        """Give it as one document.

        Raises
        ------
        Refused
            With 410, if the report is not in the archive any more.
        """
        run = _run(status, question.report_uid)
        return {
            "version": 1,
            "orthanc_study_id": study_id,
            "study_instance_uid": status.study_instance_uid,
            "number": question.number,
            "question": question.question,
            "is_answered": conversation.answer(question.number) is not None,
            "earlier": _earlier(conversation, question),
            "report_uid": question.report_uid,
            "device_uid": (run.get("algorithm") or {}).get("device_uid", ""),
            "instances": list(run.get("instances", ())),
            "left_out": list(run.get("left_out", ())),
            **_facts(self._report(study_id, question.report_uid), status),
        }

    def _report(self, study_id: str, report_uid: str) -> StoredReport:
        try:
            instance_id = self._studies.instance_id(report_uid, study_id)
            return read_report(self._studies.report(instance_id))
        except NotInArchive as error:
            raise Refused(HTTPStatus.GONE, "report-gone") from error


def _run(status: StudyStatus, report_uid: str) -> Mapping[str, Any]:
    """Give what is known of the run that wrote a report, {} where nothing is."""
    this = {
        "report": status.report,
        "algorithm": status.algorithm,
        "instances": status.instances,
        "left_out": status.left_out,
    }
    runs: tuple[Mapping[str, Any], ...] = (this, *reversed(status.history))
    return next(
        (run for run in runs if (run.get("report") or {}).get("sop_instance_uid") == report_uid),
        {},
    )


def _earlier(conversation: Conversation, question: Question) -> list[dict[str, str]]:
    """Give the rounds before a question about the same report, oldest first."""
    rounds = []
    for one in conversation.questions[: question.number - 1]:
        answer = conversation.answer(one.number)
        if one.report_uid == question.report_uid:
            said = answer.text if answer and answer.origin != FAILED else ""
            rounds.append({"question": one.question, "answer": said})
    return rounds


def _facts(report: StoredReport, status: StudyStatus) -> dict[str, Any]:
    # a report without any number has no item for a view
    views = [view.title for view in report.views] or [
        str(slot) for slot in Slot if str(slot) not in status.missing
    ]
    return {
        "language": report.language,
        "density": next((d.category for d in report.densities if d.side == "both"), None),
        "views": views,
        "likelihoods": [
            {
                key: value
                for key, value in asdict(likelihood).items()
                if key in {"name", "side", "value", "low", "high"}
            }
            for likelihood in report.likelihoods
        ],
    }

"""The plugin's routes for questions: the question and the report's facts in, the answer out."""

from collections.abc import Callable
from typing import Annotated, Literal

import requests
from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

from mammovlm.archive.retrying import patiently
from mammovlm.archive.session import may_pass, session_of, timeouts
from mammovlm.errors import ArchiveUnavailable, ResultInvalid
from mammovlm.job import InstanceReference
from mammovlm.question import AskedQuestion, GivenAnswer, QuestionReference, ReportedLikelihood
from mammovlm.settings import Settings
from mammovlm.study import HANGING_ORDER, Laterality, LeftOut, LeftOutReason, Slot

Uid = Annotated[str, StringConstraints(pattern=r"^[0-9][0-9.]{0,63}$")]


class QuestionGone(ResultInvalid):
    """Raised when the study, the question or the report that it is about is not there any more."""


class _Document(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)


class _Round(_Document):
    question: str
    answer: str


class _Likelihood(_Document):
    name: Literal["presence", "suspicion"]
    side: Laterality
    value: float
    low: float | None
    high: float | None


class _Instance(_Document):
    series_instance_uid: Uid
    sop_instance_uid: Uid


class _LeftOut(_Document):
    sop_instance_uid: str
    reason: LeftOutReason
    detail: str = ""


class QuestionDocument(_Document):
    """The plugin's answer to GET studies/{id}/questions/{n}, version 1."""

    version: Literal[1]
    study_instance_uid: Uid
    question: str
    is_answered: bool
    earlier: tuple[_Round, ...]
    report_uid: Uid
    device_uid: str
    instances: tuple[_Instance, ...]
    left_out: tuple[_LeftOut, ...]
    language: str
    density: Literal["A", "B", "C", "D"] | None
    views: tuple[str, ...]
    likelihoods: tuple[_Likelihood, ...]

    def to_question(self) -> AskedQuestion:
        """Give the worker's own type."""
        return AskedQuestion(
            study_instance_uid=self.study_instance_uid,
            report_uid=self.report_uid,
            question=self.question,
            is_answered=self.is_answered,
            earlier=tuple((one.question, one.answer) for one in self.earlier),
            language=self.language,
            density=self.density,
            slots=tuple(slot for slot in HANGING_ORDER if _title(slot) in self.views),
            likelihoods=tuple(_reported(one) for one in self.likelihoods),
            device_uid=self.device_uid,
            instances=tuple(
                InstanceReference(one.series_instance_uid, one.sop_instance_uid)
                for one in self.instances
            ),
            left_out=tuple(
                LeftOut(one.sop_instance_uid, one.reason, one.detail) for one in self.left_out
            ),
        )


class PluginQuestions:
    """Asks the plugin, and answers it.

    Parameters
    ----------
    url
        The plugin's REST address, such as ``http://127.0.0.1:8042/mammovlm``.
    session
        With authentication and the certificates to trust.
    timeout_s
        Longest wait for a connection, and between two bytes of an answer.
    patience_s
        How long a plugin that does not answer is asked again.
    """

    def __init__(
        self, url: str, session: requests.Session, timeout_s: float, patience_s: float
    ) -> None:
        self._url = url.rstrip("/")
        self._session = session
        self._patience_s = patience_s
        self._timeout = timeouts(timeout_s)

    @classmethod
    def from_settings(cls, settings: Settings) -> "PluginQuestions":
        """Connect as the settings say, with the archive's user, password and certificates."""
        return cls(
            settings.plugin_address,
            session_of(settings),
            settings.archive_timeout_s,
            settings.archive_patience_s,
        )

    def fetch(self, reference: QuestionReference) -> AskedQuestion:
        """Fetch a question with the facts of its report.

        Raises
        ------
        ArchiveUnavailable
            If the plugin does not answer.
        QuestionGone
            If there is no such question, or its report is gone.
        ResultInvalid
            If the answer is not as agreed.
        """
        response = self._asked(
            lambda: self._session.get(self._address(reference), timeout=self._timeout)
        )
        try:
            return QuestionDocument.model_validate_json(response.content).to_question()
        except ValidationError as error:
            raise ResultInvalid("the plugin's answer about a question is not as agreed") from error

    def answer(self, reference: QuestionReference, answer: GivenAnswer) -> None:
        """Give an answer; the plugin keeps the first one.

        Raises
        ------
        ArchiveUnavailable, QuestionGone, ResultInvalid
            As in `fetch`; ResultInvalid if the plugin refuses the answer.
        """
        content = {
            "job_id": reference.job_id,
            "text": answer.text,
            "origin": answer.origin,
            "check": answer.check,
            "language": answer.language,
            "topics": ",".join(answer.topics),
        }
        url = f"{self._address(reference)}/answer"
        self._asked(lambda: self._session.post(url, json=content, timeout=self._timeout))

    def _address(self, reference: QuestionReference) -> str:
        return f"{self._url}/studies/{reference.orthanc_study_id}/questions/{reference.number}"

    def _asked(self, request: Callable[[], requests.Response]) -> requests.Response:
        return patiently(lambda: _answered(request), self._patience_s)


def _answered(request: Callable[[], requests.Response]) -> requests.Response:
    try:
        response = request()
    except requests.RequestException as error:
        raise ArchiveUnavailable(f"the plugin did not answer: {type(error).__name__}") from error
    status = response.status_code
    if status in {requests.codes.not_found, requests.codes.gone}:
        raise QuestionGone(f"the plugin answered HTTP {status} about a question")
    if may_pass(status):
        raise ArchiveUnavailable(f"the plugin answered HTTP {status}")
    if not response.ok:
        raise ResultInvalid(f"the plugin refused: HTTP {status}")
    return response


def _reported(told: _Likelihood) -> ReportedLikelihood:
    low = 0.0 if told.low is None else told.low
    high = 100.0 if told.high is None else told.high
    value, least, most = (number / 100 for number in (told.value, low, high))
    return ReportedLikelihood(told.name, told.side, value, least, most)


def _title(slot: Slot) -> str:
    return str(slot)

"""What the command line asks the plugin, by its REST interface under ``/mammovlm``."""

from typing import Any

import requests
from pydantic import BaseModel, Field
from requests.adapters import HTTPAdapter
from urllib3 import Retry

from mammovlm.errors import MammoVLMError

_TIMEOUT_S = 30
_MOST_STUDIES = 1000  # the plugin's limit for one answer


class IntakeUnavailable(MammoVLMError):
    """Raised when Orthanc or the plugin does not answer as it should."""


class StudyUnknown(MammoVLMError):
    """Raised when Orthanc has no such study, or it concerns us not."""


class StudyStatus(BaseModel):
    """The part of a study's status document that is shown (ARCHITECTURE.md, states)."""

    study_instance_uid: str
    state: str
    run: int = 1
    reason: str = ""
    text: str = ""
    missing: tuple[str, ...] = ()
    left_out: tuple[dict[str, str], ...] = ()
    report: dict[str, str] | None = None
    algorithm: dict[str, str] | None = None
    timings_s: dict[str, float] = Field(default_factory=dict)
    times: dict[str, str] = Field(default_factory=dict)
    changed_at: str = ""

    @property
    def since(self) -> str:
        """When the state was entered, to the second, UTC."""
        return (self.changed_at or self.times.get(self.state, ""))[:19].replace("T", " ")


class StudyList(BaseModel):
    """The plugin's answer to GET studies: those that changed last first.

    Attributes
    ----------
    studies
        As many as one answer holds.
    total
        How many concern us.
    is_list_complete
        Whether the plugin has looked at all studies since Orthanc's start.
    """

    studies: tuple[StudyStatus, ...]
    total: int
    is_list_complete: bool


class IntakeClient:
    """The plugin's REST interface at one Orthanc.

    Parameters
    ----------
    orthanc_url
        Orthanc's address, for example ``http://127.0.0.1:8042``. User and password may stand in
        it.
    """

    def __init__(self, orthanc_url: str) -> None:
        self._root = orthanc_url.rstrip("/")
        self._session = requests.Session()
        self._session.trust_env = False  # no proxy between this machine and its Orthanc
        # Orthanc ends a connection that was idle for a second: one asked just then is asked again.
        once_more = Retry(total=1, connect=0, allowed_methods={"GET"})
        self._session.mount(self._root, HTTPAdapter(max_retries=once_more))

    def study(self, study_instance_uid: str) -> StudyStatus:
        """Ask for the status of one study.

        Raises
        ------
        StudyUnknown
            If the plugin has none.
        IntakeUnavailable
            If it does not answer.
        """
        answer = self.ask("GET", f"/mammovlm/studies/{study_instance_uid}")
        return StudyStatus.model_validate(answer)

    def studies(self) -> StudyList:
        """Ask for the studies that concern us, those that changed last first; at most 1000.

        Raises
        ------
        IntakeUnavailable
            If the plugin does not answer.
        """
        answer = self.ask("GET", f"/mammovlm/studies?limit={_MOST_STUDIES}")
        return StudyList.model_validate(answer)

    def rerun(self, study_instance_uid: str, *, urgent: bool = False) -> StudyStatus:
        """Ask for a study to be analysed again; give its new status.

        Raises
        ------
        StudyUnknown
            If Orthanc has no such study.
        IntakeUnavailable
            If the plugin does not answer.
        """
        answer = self.ask(
            "POST",
            f"/mammovlm/studies/{study_instance_uid}/analyze",
            {"priority": "urgent" if urgent else "normal"},
        )
        return StudyStatus.model_validate(answer)

    def identifier(self, uid: str) -> str:
        """Ask for the identifier by which Orthanc itself calls a study or an instance.

        Raises
        ------
        StudyUnknown
            If Orthanc holds nothing with this UID.
        IntakeUnavailable
            If Orthanc does not answer.
        """
        found = self.ask("POST", "/tools/lookup", text=uid)
        if not found:
            raise StudyUnknown(f"Orthanc holds nothing with the UID {uid}.")
        return str(found[0]["ID"])

    def file(self, sop_instance_uid: str) -> bytes:
        """Download one instance.

        Raises
        ------
        StudyUnknown
            If Orthanc does not hold it.
        IntakeUnavailable
            If Orthanc does not answer.
        """
        route = f"/instances/{self.identifier(sop_instance_uid)}/file"
        return self._request("GET", route).content

    def ask(
        self, method: str, route: str, body: dict[str, str] | None = None, text: str | None = None
    ) -> Any:  # noqa: ANN401  JSON
        """Ask for JSON.

        Parameters
        ----------
        method, route
            Such as "GET" and "/mammovlm/studies".
        body, text
            What is sent, as JSON or as it is.

        Raises
        ------
        StudyUnknown
            If there is nothing at the route.
        IntakeUnavailable
            If the plugin does not answer or refuses.
        """
        answer = self._request(method, route, body, text)
        try:
            return answer.json()
        except requests.JSONDecodeError as error:
            raise IntakeUnavailable(f"{self._root}{route} answers no JSON.") from error

    def _request(
        self, method: str, route: str, body: dict[str, str] | None = None, text: str | None = None
    ) -> requests.Response:
        try:
            answer = self._session.request(
                method, self._root + route, json=body, data=text, timeout=_TIMEOUT_S
            )
        except requests.RequestException as error:
            raise IntakeUnavailable(
                f"Orthanc does not answer at {self._root}. Is it up? (`make status`)"
            ) from error
        if answer.status_code == requests.codes.not_found:
            raise StudyUnknown(_told(answer) or f"There is nothing at {self._root}{route}.")
        if not answer.ok:
            raise IntakeUnavailable(
                _told(answer) or f"{self._root}{route} answers {answer.status_code}."
            )
        return answer


def _told(answer: requests.Response) -> str:
    """Read what the plugin says of its refusal, where it says something."""
    try:
        told = answer.json()
        return f"{told['error']} {told['do']}"
    except (requests.JSONDecodeError, KeyError, TypeError):
        return ""

"""Orthanc, its plugin, DICOMweb as the worker uses it, and the clocks."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import requests

from mammovlm import __version__
from mammovlm.archive.session import session_of
from mammovlm.cli.checkup.finding import Finding, fine, look, mend
from mammovlm.settings import Settings

_WAIT_S = 10
_OLDEST_PYTHON_PLUGIN = "4.0"
_CLOCK_LOOK_S, _CLOCK_MEND_S = 2, 60


class Orthanc:
    """Orthanc as the doctor asks it, with the worker's user and certificates.

    Parameters
    ----------
    url
        Of Orthanc's REST API.
    settings
        Name the user.
    """

    def __init__(self, url: str, settings: Settings) -> None:
        self.url = url.rstrip("/")
        self._settings = settings
        self._session = session_of(settings)

    def get(self, url: str) -> requests.Response:
        """GET an address."""
        return self._session.get(url, timeout=_WAIT_S)

    def system(self) -> dict[str, Any] | Finding:
        """Ask Orthanc who it is; a finding where it does not say."""
        try:
            answer = self.get(f"{self.url}/system")
        except requests.exceptions.SSLError:
            do = "Compare MAMMOVLM_DICOMWEB_CA_BUNDLE with the authority of its certificate."
            return mend("Orthanc", f"{self.url}: TLS failed", do)
        except requests.RequestException as error:
            do = "Start it (`make up`), or say where it is: --orthanc."
            return mend("Orthanc", f"{self.url} does not answer ({type(error).__name__})", do)
        if answer.status_code in {401, 403}:
            do = "Set MAMMOVLM_DICOMWEB_USER and MAMMOVLM_DICOMWEB_PASSWORD."
            return mend("Orthanc", f"{self.url} does not let us in", do)
        if not answer.ok:
            return mend("Orthanc", f"{self.url} answers {answer.status_code}", "See its log.")
        content: dict[str, Any] = answer.json()
        return content

    def findings(self, system: dict[str, Any]) -> Iterator[Finding]:
        """Look at Orthanc, its plugins, ours, DICOMweb and the clock."""
        yield fine("Orthanc", f"{system.get('Version')} at {self.url}")
        yield self._python_plugin()
        yield self._our_plugin()
        yield self._dicomweb()
        yield self._clock()

    def _python_plugin(self) -> Finding:
        answer = self.get(f"{self.url}/plugins/python")
        if not answer.ok:
            return mend("Python plugin", "is not loaded", "Install orthanc-python; see its log.")
        version = str(answer.json().get("Version"))
        if version < _OLDEST_PYTHON_PLUGIN:
            return mend("Python plugin", version, f"Version {_OLDEST_PYTHON_PLUGIN} is needed.")
        return fine("Python plugin", version)

    def _our_plugin(self) -> Finding:
        answer = self.get(f"{self.url}/mammovlm/health")
        if answer.status_code == requests.codes.not_found:
            do = "Orthanc's PythonScript must be orthanc/start_mammovlm.py; see its log."
            return mend("MammoVLM's plugin", "is not loaded", do)
        health = answer.json()
        version, status = health.get("version"), health.get("status")
        if version != __version__:
            do = "Install the same version of plugin and worker."
            return mend("MammoVLM's plugin", f"{version}, the worker is {__version__}", do)
        if status == "ok":
            return fine("MammoVLM's plugin", f"{version}, all well")
        if status == "disabled":
            do = "Set MAMMOVLM_ENABLED=true and start Orthanc again."
            return look("MammoVLM's plugin", "the intake is switched off", do)
        broken = [
            name
            for part in ("broker_connected", "threads_running")
            for name, works in health.get(part, {}).items()
            if not works
        ]
        do = "See Orthanc's log, and the broker above."
        return mend("MammoVLM's plugin", f"not well: {', '.join(broken)}", do)

    def _dicomweb(self) -> Finding:
        try:
            answer = self.get(f"{self._settings.dicomweb_url.rstrip('/')}/studies?limit=1")
        except requests.RequestException as error:
            do = "Correct MAMMOVLM_DICOMWEB_URL."
            return mend("DICOMweb", f"does not answer ({type(error).__name__})", do)
        may_not_search = answer.status_code == requests.codes.forbidden
        if answer.ok or (may_not_search and self._finds_no_study_zero()):
            return fine("DICOMweb", f"answers at {self._settings.dicomweb_url}")
        do = "Install orthanc-dicomweb, correct MAMMOVLM_DICOMWEB_URL or the user's rights."
        return mend("DICOMweb", f"answers {answer.status_code}", do)

    def _finds_no_study_zero(self) -> bool:
        """Ask for a study that cannot be: whom Orthanc lets fetch but not search is told so."""
        plugin = self.get(f"{self.url}/plugins/dicom-web")
        study = self.get(f"{self._settings.dicomweb_url.rstrip('/')}/studies/0")
        return plugin.ok and study.status_code == requests.codes.not_found

    def _clock(self) -> Finding:
        there = self.get(f"{self.url}/tools/now").text
        moment = datetime.strptime(there, "%Y%m%dT%H%M%S").replace(tzinfo=UTC)
        apart = abs((datetime.now(UTC) - moment).total_seconds())
        seen = f"this machine and Orthanc are {apart:.0f} s apart"
        if apart > _CLOCK_MEND_S:
            return mend("clock", seen, "Have both take the time from the same server (NTP).")
        if apart > _CLOCK_LOOK_S:
            return look("clock", seen, "Have both take the time from the same server (NTP).")
        return fine("clock", seen)

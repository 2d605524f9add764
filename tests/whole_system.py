"""The whole system for a test: the stack that `make up` starts, and a modality that sends to it."""

import os
import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from io import BytesIO
from pathlib import Path

import psutil
import pytest
import requests
from pydicom import Dataset, dcmread

from local_stack import stack_settings, wait_until
from mammogram_files import save
from mammovlm.cli.intake_client import IntakeClient, StudyStatus, StudyUnknown
from mammovlm.cli.sending import Receiver, find_files, send
from mammovlm.stack import StackSettings, down, status, up

FINAL = frozenset({"done", "partial", "rejected", "failed"})


class WholeSystem:
    """A running stack, asked and fed from outside as a department would.

    Parameters
    ----------
    settings
        Of the stack.
    folder
        Where this modality keeps its files.
    """

    def __init__(self, settings: StackSettings, folder: Path) -> None:
        self.settings = settings
        self.folder = folder
        self.intake = IntakeClient(settings.http_url)

    def send(self, images: Sequence[Dataset]) -> str:
        """Send images by C-STORE; give their Study Instance UID."""
        study_uid = str(images[0].StudyInstanceUID)
        batch = self.folder / images[0].SOPInstanceUID
        for image in images:
            save(image, batch)
        self.send_folder(batch)
        return study_uid

    def send_folder(self, folder: Path) -> None:
        """Send every file of a folder by C-STORE; all must be stored."""
        receiver = Receiver("127.0.0.1", self.settings.dicom_port, "ORTHANC", "MODALITY")
        sent = send(find_files(folder).dicom, receiver, lambda _: None)
        assert not sent.failures

    def status(self, study_uid: str) -> StudyStatus | None:
        """Ask for a study's status; None where it has none."""
        try:
            return self.intake.study(study_uid)
        except StudyUnknown:
            return None

    def wait_for(
        self, study_uid: str, condition: Callable[[StudyStatus], bool], what: str
    ) -> StudyStatus:
        """Wait until a study's status is as wanted, and give it."""
        seen: list[StudyStatus] = []

        def holds() -> bool:
            now = self.status(study_uid)
            seen[:] = [now] if now else []
            return now is not None and condition(now)

        try:
            wait_until(holds, f"study {study_uid}: {what}", timeout_s=150)
        except AssertionError as late:
            raise AssertionError(f"{late}; the last status was {seen}") from late
        return seen[0]

    def result(self, study_uid: str, run: int = 1) -> StudyStatus:
        """Wait for the end of a run, and give the study's status."""
        return self.wait_for(
            study_uid, lambda now: now.run >= run and now.state in FINAL, f"run {run} ends"
        )

    def reports(self, study_uid: str, modality: str = "SR") -> list[Dataset]:
        """Fetch every report of a modality that the study holds now, oldest instance first."""
        study = self.intake.identifier(study_uid)
        root = self.settings.http_url
        reports = []
        for series in self._get(f"{root}/studies/{study}/series").json():
            if series["MainDicomTags"]["Modality"] == modality:
                for instance in series["Instances"]:
                    content = self._get(f"{root}/instances/{instance}/file").content
                    reports.append(dcmread(BytesIO(content)))
        return sorted(reports, key=lambda report: str(report.ContentTime))

    def pid(self, program: str) -> int:
        """Give the process of one program of the stack."""
        now = status(self.settings)[program][1]
        assert now is not None
        return int(now.pid)

    def kill(self, program: str) -> None:
        """Kill a program and all that it started with -9; the stack starts it again.

        RabbitMQ's own process is a shell, and the broker its child.
        """
        first = psutil.Process(self.pid(program))
        for process in (first, *first.children(recursive=True)):
            with suppress(psutil.NoSuchProcess):
                process.kill()

    def terminate(self, program: str) -> None:
        """Ask a program to stop; the stack starts it again."""
        os.kill(self.pid(program), signal.SIGTERM)

    def job_id(self, study_uid: str) -> str:
        """Give the job of a study's current run."""
        url = f"{self.settings.http_url}/mammovlm/studies/{study_uid}"
        return str(self._get(url).json()["job_id"])

    def worker_log(self) -> str:
        """Give what the worker has logged so far."""
        return (self.settings.var / "log" / "worker.log").read_text()

    def kill_pool_process(self) -> None:
        """Kill the worker's child, which runs the analysis, with -9."""
        children = psutil.Process(self.pid("worker")).children()
        assert children
        for child in children:
            child.kill()

    @staticmethod
    def _get(url: str) -> requests.Response:
        answer = requests.get(url, timeout=30)
        answer.raise_for_status()
        return answer


@contextmanager
def running_system(
    folder: Path,
    variables: Mapping[str, str],
    tell: Callable[[str], None] = lambda _: None,
    **others: Path,
) -> Iterator[WholeSystem]:
    """Run a stack in this folder, and stop it whatever happens.

    Parameters
    ----------
    folder
        Where it keeps everything.
    variables
        Of its environment, such as a short deadline.
    tell
        Is told the progress.
    others
        Settings of the stack.
    """
    settings = stack_settings(folder / "var", **others)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in variables.items():
            patch.setenv(name, value)
        try:
            up(settings, tell)
            yield WholeSystem(settings, folder)
        finally:
            down(settings, tell)

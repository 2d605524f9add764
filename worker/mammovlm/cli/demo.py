"""``mammovlm demo``: a real exam goes the whole way, and its report is shown."""

import tempfile
import time
from io import BytesIO
from pathlib import Path

import click
import pydicom
from rich.console import Console

from mammovlm.cli.demo_exam import write_exam
from mammovlm.cli.intake_client import IntakeClient, IntakeUnavailable, StudyStatus, StudyUnknown
from mammovlm.cli.send import send_with_progress
from mammovlm.cli.sending import Receiver, SendingFailed, find_files
from mammovlm.cli.service import coloured
from mammovlm.results import readable_object
from mammovlm.stack import StackSettings

_console = Console()
_LOOK_EVERY_S = 0.25
_WITH_REPORT = {"done", "partial"}
_WITHOUT_REPORT = {"rejected", "failed"}


class DemoFailed(click.ClickException):
    """The exam did not come back with a report."""


@click.command()
@click.option(
    "--timeout", type=click.IntRange(1), default=600, show_default=True, help="Seconds to wait."
)
def demo(timeout: int) -> None:
    """Send a real four-view exam to the local stack and print the report that comes back.

    The exam is CBIS-DDSM P_00173 (CC BY 3.0). Each call sends it as a new study of one invented
    patient, so that each call shows the whole way; the pixels are sent as they are.
    """
    settings = StackSettings()
    client = IntakeClient(settings.http_url)
    try:
        study_uid = _send(settings)
        final = _wait(client, study_uid, timeout)
        _show(client, settings, final)
    except (IntakeUnavailable, StudyUnknown, SendingFailed) as failure:
        raise DemoFailed(str(failure)) from failure


def _send(settings: StackSettings) -> str:
    with tempfile.TemporaryDirectory() as folder:
        study_uid = write_exam(Path(folder))
        receiver = Receiver("127.0.0.1", settings.dicom_port, "ORTHANC", "MODALITY")
        sent = send_with_progress(find_files(Path(folder)).dicom, receiver)
    if sent.failures:
        raise DemoFailed(f"an image was not stored: {sent.failures[0][1]}")
    return study_uid


def _wait(client: IntakeClient, study_uid: str, timeout_s: int) -> StudyStatus:
    begun = time.monotonic()
    shown = ""
    with _console.status("waiting for the report"):
        while time.monotonic() - begun < timeout_s:
            now = _status(client, study_uid)
            if now and now.state != shown:
                shown = now.state
                passed = time.monotonic() - begun
                _console.print(f"  {passed:5.1f} s  {coloured(shown)}", highlight=False)
            if now and now.state in _WITH_REPORT:
                return now
            if now and now.state in _WITHOUT_REPORT:
                raise DemoFailed(f"the study is {now.state} ({now.reason}). {now.text}")
            time.sleep(_LOOK_EVERY_S)
    raise DemoFailed(f"no report within {timeout_s} s; the study is {shown or 'not known yet'}")


def _status(client: IntakeClient, study_uid: str) -> StudyStatus | None:
    try:
        return client.study(study_uid)
    except StudyUnknown:  # the plugin sees a new study a moment after it is stored
        return None


def _show(client: IntakeClient, settings: StackSettings, study: StudyStatus) -> None:
    if study.report is None:
        raise DemoFailed(f"the study is {study.state}, but no report is named")
    report_uid = study.report["sop_instance_uid"]
    report = pydicom.dcmread(BytesIO(client.file(report_uid)))
    click.echo("\n" + readable_object(report))
    root, study_uid = settings.http_url, study.study_instance_uid
    series_uid = study.report["series_instance_uid"]
    ohif = f"{root}/ohif/viewer?StudyInstanceUIDs={study_uid}"
    places = {
        "result page": f"{root}/mammovlm/study/{study_uid}",
        "worklist": f"{root}/mammovlm/",
        "OHIF viewer": ohif if settings.has_ohif else "not set up; `make setup` tries again",
        "in Orthanc": f"{root}/app/explorer.html#study?uuid={client.identifier(study_uid)}",
        "status": f"{root}/mammovlm/studies/{study_uid}",
        "report file": f"{root}/instances/{client.identifier(report_uid)}/file",
        "DICOMweb": (
            f"{root}/dicom-web/studies/{study_uid}/series/{series_uid}/instances/{report_uid}"
        ),
        "send more": f"AE title ORTHANC at 127.0.0.1 port {settings.dicom_port}, "
        "or: .venv/bin/mammovlm send PATH",
        "stop": "make down",
    }
    _console.print("\nWhere to look:")
    for name, place in places.items():
        _console.print(f"  {name:<12}{place}", highlight=False, markup=False, soft_wrap=True)

"""C-STORE throughput of Orthanc with our plugin beside a plain Orthanc, in turns."""

import json
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

import requests

from mammovlm.stack import StackFailed

_EXAMS_PER_ROUND = 6


@contextmanager
def plain_orthanc(folder: Path, http_port: int, dicom_port: int) -> Iterator[None]:
    """Run an Orthanc with the DICOMweb plugin and nothing of ours."""
    folder.mkdir(parents=True)
    configuration = folder / "plain.json"
    content = {
        "StorageDirectory": str(folder / "storage"),
        "IndexDirectory": str(folder / "storage"),
        "HttpPort": http_port,
        "DicomPort": dicom_port,
        "RemoteAccessAllowed": False,
        "AuthenticationEnabled": False,
        "DicomCheckCalledAet": False,
        "HttpsCACertificates": "/etc/ssl/certs/ca-certificates.crt",
        "Plugins": ["/usr/share/orthanc/plugins/libOrthancDicomWeb.so"],
    }
    configuration.write_text(json.dumps(content))
    executable = shutil.which("Orthanc", path="/usr/sbin:/usr/bin:/usr/local/bin")
    if executable is None:
        raise StackFailed("Orthanc is not installed. Run `make setup`.")
    with (folder / "log").open("w") as log:
        process = subprocess.Popen([executable, configuration], stdout=log, stderr=log)
        try:
            _wait_until_up(http_port)
            yield
        finally:
            process.terminate()
            process.wait(30)


def throughput_ratios(exam: Path, ours: int, plain: int, rounds: int) -> list[float]:
    """Send the same exams to both Orthancs in turns; give our throughput over the plain one's.

    Parameters
    ----------
    exam
        Folder with the files of one exam; it is sent under new identifiers each time.
    ours, plain
        DICOM ports of the Orthanc with and the one without the plugin.
    rounds
        Pairs; the first pair of all is a warm-up and is not counted.
    """
    ratios = []
    for number in range(rounds + 1):
        # Who goes first changes, so that neither always finds the disk busy from the other.
        order = (ours, plain) if number % 2 else (plain, ours)
        seconds = {port: _send(exam, port) for port in order}
        ratios.append(seconds[plain] / seconds[ours])
    return ratios[1:]


def middle(values: list[float]) -> float:
    """Give the median, rounded to three digits."""
    return round(median(values), 3)


def _send(exam: Path, port: int) -> float:
    storescu = shutil.which("storescu")
    if storescu is None:
        raise StackFailed("storescu is not installed. Run `make setup` (Debian: dcmtk).")
    new_identifiers = ("+II", "+IR", "4", "+IS", "1")
    command = [
        *(storescu, "-xr", "+sd", "--repeat", str(_EXAMS_PER_ROUND), *new_identifiers),
        *("-aec", "ORTHANC", "127.0.0.1", str(port), str(exam)),
    ]
    begun = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - begun


def _wait_until_up(http_port: int) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            if requests.get(f"http://127.0.0.1:{http_port}/system", timeout=2).ok:
                return
        except requests.RequestException:
            time.sleep(0.1)
    raise StackFailed("the plain Orthanc for comparison does not come up")

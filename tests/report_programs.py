"""Other projects' programs that judge a structured report: dicom3tools and DCMTK."""

import subprocess
from pathlib import Path

from pydicom import Dataset


def write(report: Dataset, folder: Path) -> Path:
    """Write a report to a file."""
    path = folder / "report.dcm"
    report.save_as(path, enforce_file_format=True)
    return path


def dciodvfy_errors(dciodvfy: str, path: Path) -> list[str]:
    """List what dciodvfy calls an error, after making sure that it knew the object."""
    done = subprocess.run([dciodvfy, path], capture_output=True, text=True, check=False)
    lines = (done.stdout + done.stderr).splitlines()
    assert any(line.startswith("Comprehensive") for line in lines), lines
    return [line for line in lines if line.startswith("Error")]


def dsrdump(program: str, path: Path) -> str:
    """Dump a report with every code, UID, template and the whole of each text, as UTF-8."""
    command = [program, "-q", "+U8", "+Pl", "+Pu", "+Pc", "+Pt", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    return done.stdout

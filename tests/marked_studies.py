"""Studies in which all that a person could be known by is marked, and a search for the marks.

A mark is a made-up word, so that finding it anywhere means that it came from the images.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pydicom import Dataset

from mammogram_files import four_views, mammogram

MARK = "zq7"
"""In every marked value, in small or capital letters; nothing else in the system has it."""

_WORDS: dict[str, Any] = {
    "PatientName": "Zq7Family^Zq7Given",
    "PatientID": "ZQ7ID-1",
    "OtherPatientIDs": "ZQ7OTHER",
    "PatientAddress": "Zq7 Street 1",
    "PatientTelephoneNumbers": "zq7-555",
    "PatientComments": "Zq7 comment on the patient",
    "EthnicGroup": "ZQ7ETHNIC",
    "Occupation": "Zq7 baker",
    "AdditionalPatientHistory": "Zq7 history",
    "AdmittingDiagnosesDescription": "Zq7 diagnosis",
    "ReferringPhysicianName": "Zq7Referring^A",
    "PerformingPhysicianName": "Zq7Performing^B",
    "RequestingPhysician": "Zq7Requesting^C",
    "OperatorsName": "Zq7Operator^D",
    "AccessionNumber": "ZQ7ACC",
    "StudyID": "ZQ7STUDY",
    "StudyDescription": "Zq7 study of a person",
    "SeriesDescription": "Zq7 series of a person",
    "ProtocolName": "Zq7 protocol",
    "ImageComments": "Zq7 image",
    "AcquisitionDeviceProcessingDescription": "Zq7 processing",
    "InstitutionName": "Zq7 hospital",
    "InstitutionAddress": "Zq7 road",
    "StationName": "ZQ7STATION",
    "RequestedProcedureDescription": "Zq7 procedure",
}
_AGAINST_THE_STANDARD: dict[str, Any] = {
    # Values that no VR allows: libraries complain of these, and quote them.
    "PatientSex": "ZQ7SEX",
    "PatientAge": "zq7 years",
    "PatientBirthDate": "zq7date",
    "StudyTime": "zq7time",
    "PatientName": "Zq7" + "x" * 80,
}


def analysable(**others: Any) -> list[Dataset]:
    """Four views with a mark wherever a word may stand."""
    return four_views(**{**_WORDS, **others})


def badly_written() -> list[Dataset]:
    """Four views whose marked values are against the standard."""
    return analysable(**_AGAINST_THE_STANDARD)


def without_standard_view() -> list[Dataset]:
    """One image whose view and side are marked words: refused by the intake."""
    return [
        mammogram(
            "L",
            "CC",
            **_WORDS,
            ViewPosition="ZQ7VIEW",
            ImageLaterality="ZQ7SIDE",
            ViewCodeSequence=None,
            PatientOrientation=["ZQ7", "ZQ7"],
        )
    ]


def unreadable() -> list[Dataset]:
    """Four views whose pixels cannot be read: refused by the worker, with a reason for each."""
    views = analysable()
    for view in views:
        view.PixelData = view.PixelData[:100]
    return views


def places_of_marks(contents: Iterable[tuple[str, bytes]]) -> dict[str, str]:
    """Find marks; give, by name of the content, what stands around the first one."""
    found = {}
    for name, content in contents:
        at = content.lower().find(MARK.encode())
        if at >= 0:
            found[name] = content[max(0, at - 80) : at + 40].decode(errors="replace")
    return found


def files_below(folder: Path, *left_out: Path) -> Iterable[tuple[str, bytes]]:
    """Give every file below a folder, but for some folders."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not any(path.is_relative_to(out) for out in left_out):
            yield str(path.relative_to(folder)), path.read_bytes()

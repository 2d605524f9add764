"""Patient, study and referring data of the images, copied into a result object.

Absent attributes become empty where PS3.3 C.7.1.1 and C.7.2.1 want them present, and values
that would make the object invalid are put right or left empty. The Patient ID alone is copied
whatever it looks like: archives file by it, and a changed one would be another patient.
"""

from collections.abc import Sequence

from pydicom import Dataset
from pydicom.config import IGNORE
from pydicom.datadict import tag_for_keyword
from pydicom.dataelem import DataElement

from mammovlm.results import header_values as values
from mammovlm.study import Study


def add_patient_and_study(report: Dataset, study: Study) -> None:
    """Fill the patient and study modules of a report from the headers of the images."""
    headers = [view.source.header for view in study.views]
    copy_patient_and_study(report, study.study_instance_uid, headers)


def copy_patient_and_study(
    report: Dataset, study_instance_uid: str, headers: Sequence[Dataset]
) -> None:
    """Fill the patient and study modules from headers; the first that has a value gives it."""
    _add_patient(report, headers)
    _add_study(report, study_instance_uid, headers)


def _add_patient(report: Dataset, headers: Sequence[Dataset]) -> None:
    report.PatientName = values.name_in_groups(headers, "PatientName")
    _set_unchecked(report, "PatientID", values.first_text(headers, "PatientID"))
    report.PatientBirthDate = values.first_date(headers, "PatientBirthDate")
    report.PatientSex = values.first_of(headers, "PatientSex", ("M", "F", "O"))
    _set_if_any(report, "IssuerOfPatientID", values.first_exact(headers, "IssuerOfPatientID", 64))
    _set_if_any(report, "PatientAge", values.first_age(headers, "PatientAge"))


def _add_study(report: Dataset, study_instance_uid: str, headers: Sequence[Dataset]) -> None:
    report.StudyInstanceUID = study_instance_uid
    report.StudyDate = values.first_date(headers, "StudyDate")
    report.StudyTime = values.first_time(headers, "StudyTime")
    report.ReferringPhysicianName = values.name_in_groups(headers, "ReferringPhysicianName")
    report.StudyID = values.first_exact(headers, "StudyID", 16)
    report.AccessionNumber = values.first_exact(headers, "AccessionNumber", 16)
    _set_if_any(report, "StudyDescription", values.first_exact(headers, "StudyDescription", 64))


def _set_if_any(report: Dataset, keyword: str, text: str) -> None:
    if text:
        setattr(report, keyword, text)


def _set_unchecked(report: Dataset, keyword: str, text: str) -> None:
    tag = tag_for_keyword(keyword)
    if tag is None:
        raise KeyError(keyword)
    report.add(DataElement(tag, "LO", text, validation_mode=IGNORE))

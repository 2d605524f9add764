# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the page shows of Orthanc: names, orientation, reports and what people said about them.

Small calls only, as in `archive`; the pictures go from Orthanc to the browser without us.
"""

import json
import re
from dataclasses import dataclass
from typing import Any

from mammovlm_orthanc.archive import NotInArchive, OrthancArchive
from mammovlm_orthanc.dicom_tags import Tags

REVIEW_METADATA = "MammoVLMReview"
_MOST_FOUND = 500
_TEXT_VALUE = "0040-a160"
_SEARCHED = ("PatientName", "PatientID", "AccessionNumber")


@dataclass(frozen=True)
class StudyHeader:
    """Who and when, as the images say; each may be empty.

    Parameters
    ----------
    patient_name, patient_id, patient_birth_date
        (0010,0010), (0010,0020), (0010,0030).
    study_date, accession_number, description
        (0008,0020), (0008,0050), (0008,1030).
    """

    patient_name: str = ""
    patient_id: str = ""
    patient_birth_date: str = ""
    study_date: str = ""
    accession_number: str = ""
    description: str = ""


class StoredStudies:
    """Orthanc, seen by the page.

    Parameters
    ----------
    archive
        Orthanc.
    """

    def __init__(self, archive: OrthancArchive) -> None:
        self._archive = archive

    def header(self, study_id: str) -> StudyHeader:
        """Give who and when.

        Raises
        ------
        NotInArchive
            If the study is gone.
        """
        content = self._archive.get(f"/studies/{study_id}")
        tags = {**content.get("PatientMainDicomTags", {}), **content.get("MainDicomTags", {})}
        return StudyHeader(
            *(
                str(tags.get(name, "")).strip(" \0")
                for name in (
                    "PatientName",
                    "PatientID",
                    "PatientBirthDate",
                    "StudyDate",
                    "AccessionNumber",
                    "StudyDescription",
                )
            )
        )

    def instance_id(self, sop_instance_uid: str, study_id: str) -> str:
        """Give Orthanc's identifier of an instance of a study.

        Raises
        ------
        NotInArchive
            If it is not there.
        """
        found = self._archive.post("/tools/lookup", sop_instance_uid)
        for entry in found:
            if entry["Type"] == "Instance":
                parent = self._archive.get(f"/instances/{entry['ID']}/study")["ID"]
                if parent == study_id:
                    return str(entry["ID"])
        raise NotInArchive(sop_instance_uid)

    def instances_of(self, study_id: str, modality: str) -> tuple[str, ...]:
        """Give Orthanc's identifiers of a study's instances of one modality.

        Raises
        ------
        NotInArchive
            If the study is gone.
        """
        series = [self._archive.series(each) for each in self._archive.series_ids(study_id)]
        return tuple(i for each in series if each.modality == modality for i in each.instance_ids)

    def image_header(self, instance_id: str) -> Tags:
        """Read the header of an image."""
        return self._archive.header(instance_id)

    def report(self, instance_id: str) -> Tags:
        """Read a structured report with its texts in full: Orthanc leaves out long values."""
        tags: Tags = self._archive.get(
            f"/instances/{instance_id}/tags?short&ignore-length={_TEXT_VALUE}"
        )
        return tags

    def review_document(self, study_id: str) -> str | None:
        """Give what people said about the study's results, None where nobody did."""
        document = self._archive.get(f"/studies/{study_id}/metadata?expand").get(REVIEW_METADATA)
        return None if document is None else str(document)

    def set_review_document(self, study_id: str, document: str) -> None:
        """Keep what people said about the study's results."""
        self._archive.put(f"/studies/{study_id}/metadata/{REVIEW_METADATA}", document)

    def search(self, words: str) -> frozenset[str]:
        """Find studies by part of the patient's name or identifier, or of the accession number.

        Parameters
        ----------
        words
            Not empty; ``*`` and ``?`` mean what they mean in DICOM, a date or a Study Instance UID
            is found as such.
        """
        pattern = re.sub(r"[\s,^]+", "*", words.replace("\\", "?")).strip("*")
        queries = [{name: f"*{pattern}*"} for name in _SEARCHED]
        digits = words.replace("-", "")
        if digits.isdecimal() and len(digits) == 8:
            queries.append({"StudyDate": digits})
        found: set[str] = set(self._archive.studies_with_uid(words))
        for query in queries:
            found.update(self._find(query))
        return frozenset(found)

    def _find(self, query: dict[str, str]) -> list[str]:
        question: dict[str, Any] = {
            "Level": "Study",
            "Query": query,
            "CaseSensitive": False,
            "Limit": _MOST_FOUND,
        }
        return [
            str(study_id) for study_id in self._archive.post("/tools/find", json.dumps(question))
        ]

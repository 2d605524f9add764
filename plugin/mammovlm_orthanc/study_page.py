# SPDX-License-Identifier: AGPL-3.0-or-later
"""Everything that the page of one study shows, as one document."""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from functools import lru_cache
from typing import Any

from mammovlm_orthanc.archive import NotInArchive
from mammovlm_orthanc.hanging import HungImage, hang
from mammovlm_orthanc.languages import Language
from mammovlm_orthanc.result_kinds import STRUCTURED_REPORT, kind_of
from mammovlm_orthanc.review import Review, ReviewUnreadable
from mammovlm_orthanc.review_store import ReviewStore
from mammovlm_orthanc.status import StudyStatus
from mammovlm_orthanc.stored_heat_maps import heat_maps
from mammovlm_orthanc.stored_study import StoredStudies
from mammovlm_orthanc.worklist import Worklist

_REMEMBERED = 500


class StudyPage:
    """Gathers what is known about one study.

    Parameters
    ----------
    studies, worklist, reviews
        Orthanc, headers and reports, and what people said.
    has_viewer
        Whether OHIF is there, asked each time.
    """

    def __init__(
        self,
        studies: StoredStudies,
        worklist: Worklist,
        reviews: ReviewStore,
        has_viewer: Callable[[], bool],
    ) -> None:
        self._studies = studies
        self._worklist = worklist
        self._reviews = reviews
        self.has_viewer = has_viewer
        self._hang = lru_cache(_REMEMBERED)(self._hung)
        self._heat = lru_cache(_REMEMBERED)(self._hot)

    def document(self, study_id: str, status: StudyStatus, language: Language) -> dict[str, Any]:
        """Give the document, with the status's sentences in a language.

        Raises
        ------
        NotInArchive
            If the study is gone.
        """
        reference = status.latest_report
        report_uid = reference["sop_instance_uid"] if reference else ""
        has_numbers = kind_of(reference) == STRUCTURED_REPORT
        report = self._worklist.report(study_id, report_uid) if has_numbers else None
        result_id = self._instance_id(study_id, report_uid)
        heat = self._heat(study_id, report_uid) if result_id else {}
        uids = tuple(instance["sop_instance_uid"] for instance in status.instances)
        return {
            "orthanc_study_id": study_id,
            "status": language.status(json.loads(status.to_json())),
            "header": asdict(self._worklist.header(study_id)),
            "images": [
                {**asdict(image), "heat_map": heat.get(image.sop_instance_uid)}
                for image in self._hang(study_id, uids)
            ],
            "report": asdict(report) if report else None,
            "report_reference": reference if result_id else None,
            "report_run": status.run_of(report_uid) if result_id else None,
            "report_orthanc_id": result_id,
            "result_kind": kind_of(reference) if result_id else "",
            "review": self._said(study_id),
            "has_viewer": self.has_viewer(),
        }

    def _instance_id(self, study_id: str, report_uid: str) -> str | None:
        """Find the result; None where there is none, or none any more."""
        if not report_uid:
            return None
        try:
            return self._studies.instance_id(report_uid, study_id)
        except NotInArchive:
            return None

    def _said(self, study_id: str) -> dict[str, Any] | None:
        try:
            review: Review = self._reviews.read(study_id)
        except ReviewUnreadable:
            return None
        return asdict(review)

    def _hot(self, study_id: str, report_uid: str) -> Mapping[str, str]:
        return heat_maps(self._studies, study_id, report_uid)

    def _hung(self, study_id: str, uids: tuple[str, ...]) -> tuple[HungImage, ...]:
        return hang(self._studies, study_id, [{"sop_instance_uid": uid} for uid in uids])

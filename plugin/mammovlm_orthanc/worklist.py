# SPDX-License-Identifier: AGPL-3.0-or-later
"""The rows of the page's worklist: status, patient, numbers of the report, opinion.

Statuses are in memory. What must be asked of Orthanc is remembered, and reports that are not yet
remembered are read only for a short time per request: the rest follows with the next one.
"""

import time
from collections import OrderedDict
from dataclasses import asdict
from typing import Any

from mammovlm_orthanc.archive import NotInArchive
from mammovlm_orthanc.dicom_tags import Tags
from mammovlm_orthanc.result_kinds import STRUCTURED_REPORT
from mammovlm_orthanc.review import ReviewUnreadable, Subject
from mammovlm_orthanc.review_store import ReviewStore
from mammovlm_orthanc.status_store import StatusEntry
from mammovlm_orthanc.stored_report import StoredReport, read_report
from mammovlm_orthanc.stored_study import StoredStudies, StudyHeader

READING_S = 0.3
"""Seconds per request for reports that are not yet remembered; one takes about 15 ms."""

_HEADER_IS_FRESH_S = 60.0
_REMEMBERED = 2000


class Worklist:
    """Makes rows.

    Parameters
    ----------
    studies, reviews
        Orthanc, and what people said.
    """

    def __init__(self, studies: StoredStudies, reviews: ReviewStore) -> None:
        self._studies = studies
        self._reviews = reviews
        self._reports: OrderedDict[str, StoredReport] = OrderedDict()
        self._headers: OrderedDict[str, tuple[float, StudyHeader]] = OrderedDict()

    def rows(self, entries: list[StatusEntry]) -> tuple[list[dict[str, Any]], bool]:
        """Give the rows of some studies, and whether nothing is still to be read."""
        until = time.monotonic() + READING_S
        rows, is_complete = [], True
        for entry in entries:
            try:
                row = self._row(entry, may_read=time.monotonic() < until)
            except NotInArchive:
                continue  # deleted a moment ago
            is_complete &= not row["is_report_to_come"]
            rows.append(row)
        return rows, is_complete

    def header(self, study_id: str) -> StudyHeader:
        """Give who and when, at most a minute old.

        Raises
        ------
        NotInArchive
            If the study is gone.
        """
        at, header = self._headers.get(study_id, (0.0, None))
        if header is None or time.monotonic() - at > _HEADER_IS_FRESH_S:
            header = self._studies.header(study_id)
            self._headers[study_id] = (time.monotonic(), header)
            _shorten(self._headers)
        return header

    def report(self, study_id: str, report_uid: str) -> StoredReport | None:
        """Give a report, None where it is not in the archive (any more)."""
        known = self._reports.get(report_uid)
        if known is not None or not report_uid:
            return known
        try:
            tags: Tags = self._studies.report(self._studies.instance_id(report_uid, study_id))
        except NotInArchive:
            return None
        self._reports[report_uid] = report = read_report(tags)
        _shorten(self._reports)
        return report

    def _row(self, entry: StatusEntry, *, may_read: bool) -> dict[str, Any]:
        header = self.header(entry.orthanc_study_id)
        has_numbers = entry.result_kind == STRUCTURED_REPORT
        is_known = not has_numbers or entry.report_uid in self._reports
        is_read = has_numbers and may_read
        report = self.report(entry.orthanc_study_id, entry.report_uid) if is_read else None
        if is_known and not may_read:
            report = self._reports.get(entry.report_uid)
        return {
            **asdict(entry),
            **asdict(header),
            **_numbers(report),
            **self._said(entry),
            "is_report_to_come": not (is_known or may_read),
        }

    def _said(self, entry: StatusEntry) -> dict[str, Any]:
        try:
            review = self._reviews.read(entry.orthanc_study_id)
        except ReviewUnreadable:
            return {"opinion": "", "is_text_released": False}
        opinion = review.last(Subject.OPINION, entry.report_uid)
        text = review.last(Subject.PATIENT_TEXT, entry.report_uid)
        return {
            "opinion": str(opinion.act) if opinion else "",
            "is_text_released": text is not None and text.act == "released",
        }


def _numbers(report: StoredReport | None) -> dict[str, Any]:
    if report is None:
        return {"densities": [], "likelihoods": []}
    return {
        "densities": [asdict(density) for density in report.densities],
        "likelihoods": [asdict(likelihood) for likelihood in report.likelihoods],
    }


def _shorten(remembered: OrderedDict[str, Any]) -> None:
    while len(remembered) > _REMEMBERED:
        try:
            remembered.popitem(last=False)
        except KeyError:  # another thread was quicker
            return

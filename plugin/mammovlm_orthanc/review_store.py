# SPDX-License-Identifier: AGPL-3.0-or-later
"""The only place that writes what people said about results; a short memory makes lists quick."""

import threading
from collections import OrderedDict

from mammovlm_orthanc.review import Review, ReviewEntry
from mammovlm_orthanc.stored_study import StoredStudies

_REMEMBERED = 5000


class ReviewStore:
    """Reviews of all studies.

    Parameters
    ----------
    studies
        Where they are kept.

    Attributes
    ----------
    revision
        Counts every change.
    """

    def __init__(self, studies: StoredStudies) -> None:
        self._studies = studies
        self._remembered: OrderedDict[str, Review] = OrderedDict()
        self._lock = threading.RLock()
        self.revision = 0

    def read(self, study_id: str) -> Review:
        """Give the review of a study, an empty one where nobody said anything.

        Raises
        ------
        NotInArchive
            If the study is gone.
        ReviewUnreadable
            If it was written by another version.
        """
        with self._lock:
            known = self._remembered.get(study_id)
            return self._load(study_id) if known is None else known

    def add(self, study_id: str, entry: ReviewEntry, seen: int | None = None) -> Review:
        """Keep one more entry; it is on the disk when this returns.

        Raises
        ------
        NotInArchive, ReviewUnreadable, ReviewChanged, ReviewFull
            As in `read` and `Review.with_entry`; nothing is changed then.
        """
        with self._lock:
            before = self._load(study_id)
            after = before.with_entry(entry, seen)
            if after is before:
                return before
            self._studies.set_review_document(study_id, after.to_json())
            self._remember(study_id, after)
            self.revision += 1
            return after

    def _load(self, study_id: str) -> Review:
        document = self._studies.review_document(study_id)
        review = Review() if document is None else Review.from_json(document)
        self._remember(study_id, review)
        return review

    def _remember(self, study_id: str, review: Review) -> None:
        self._remembered[study_id] = review
        while len(self._remembered) > _REMEMBERED:
            self._remembered.popitem(last=False)

# SPDX-License-Identifier: AGPL-3.0-or-later
"""Reading the mammography images of a study out of Orthanc, each header once."""

from functools import lru_cache

from mammovlm_orthanc.archive import NotInArchive, OrthancArchive
from mammovlm_orthanc.candidate import Candidate, LeftOut, LeftOutReason
from mammovlm_orthanc.eligibility import TOMOSYNTHESIS, classify, is_mammogram
from mammovlm_orthanc.metrics import Counters

Image = Candidate | LeftOut
CACHED_SERIES = 4096


class StudyImages:
    """Finds what an instance is for the intake, and all images of a study.

    Parameters
    ----------
    archive
        Orthanc.
    counters
        Counts the images by what they were.
    accept_synthesized_2d
        See `eligibility.classify`.
    """

    def __init__(
        self, archive: OrthancArchive, counters: Counters, *, accept_synthesized_2d: bool
    ) -> None:
        self._archive = archive
        self._counters = counters
        self._accept_synthesized_2d = accept_synthesized_2d
        self._study_and_modality = lru_cache(CACHED_SERIES)(self._read_study_and_modality)

    def study_of_mammogram(self, instance_id: str) -> str | None:
        """Give the study of an instance, None where it is no mammogram, or gone."""
        try:
            series_id = self._archive.series_of(instance_id)
            study_id, modality = self._study_and_modality(series_id)
            sop_class_uid = self._archive.sop_class_uid(instance_id)
        except NotInArchive:
            return None
        return study_id if is_mammogram(modality, sop_class_uid) else None

    def read(self, instance_id: str) -> Image | None:
        """Classify one mammogram; None where the header says that it is none, or it is gone."""
        try:
            image = self._classify(instance_id)
        except NotInArchive:
            return None
        if image:
            self._counters.add(
                "images", image.reason if isinstance(image, LeftOut) else "candidate"
            )
        return image

    def _classify(self, instance_id: str) -> Image | None:
        if self._archive.sop_class_uid(instance_id) in TOMOSYNTHESIS:
            # Its header holds a group per slice; reading megabytes would hold Python's lock.
            uid = self._archive.sop_instance_uid(instance_id)
            return LeftOut(uid, LeftOutReason.TOMOSYNTHESIS)
        tags = self._archive.header(instance_id)
        return classify(tags, accept_synthesized_2d=self._accept_synthesized_2d)

    def study_instance_uid(self, study_id: str) -> str:
        """Give (0020,000D) of a study.

        Raises
        ------
        NotInArchive
            If the study is gone.
        """
        return self._archive.study_instance_uid(study_id)

    def mammogram_ids(self, study_id: str) -> frozenset[str]:
        """Give the instances of a study that are mammograms.

        Raises
        ------
        NotInArchive
            If the study is gone.
        """
        found: set[str] = set()
        for series_id in self._archive.series_ids(study_id):
            series = self._archive.series(series_id)
            found.update(
                instance_id
                for instance_id in series.instance_ids
                if self._is_mammogram(series.modality, instance_id)
            )
        return frozenset(found)

    def _is_mammogram(self, modality: str, instance_id: str) -> bool:
        try:
            return is_mammogram(modality, self._archive.sop_class_uid(instance_id))
        except NotInArchive:
            return False

    def _read_study_and_modality(self, series_id: str) -> tuple[str, str]:
        series = self._archive.series(series_id)
        return series.study_id, series.modality

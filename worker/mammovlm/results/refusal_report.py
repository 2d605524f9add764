"""A structured report that says why a study has no result, and gives no number (TID 1500).

It is for the technologist or radiologist who opens the study and would otherwise find nothing.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from highdicom.sr import ContainerContentItem, ContentItem
from pydicom import Dataset

from mammovlm.findings import Algorithm
from mammovlm.job import PredecessorReport
from mammovlm.results import codes
from mammovlm.results.character_set import clean_text, fit_dataset, fit_text
from mammovlm.results.content_items import (
    HAS_CONCEPT_MOD,
    algorithm_identification,
    code,
    container,
    texts,
)
from mammovlm.results.content_tree import language_items, observer_items, weights_of
from mammovlm.results.object_check import check_object
from mammovlm.results.object_header import (
    REFUSAL_SERIES,
    add_equipment,
    add_identity,
    add_series,
)
from mammovlm.results.patient_and_study import copy_patient_and_study
from mammovlm.results.refusal_document import NoResult
from mammovlm.results.report_content import items_named, texts_named
from mammovlm.results.report_options import ReportOptions
from mammovlm.results.sr_document import add_document, add_references
from mammovlm.results.uids import ObjectUids, derived_uid
from mammovlm.words import ENGLISH, LANGUAGES


@dataclass(frozen=True)
class Refusal(NoResult):
    """Why a study has no result, and what a report that says so needs.

    Parameters
    ----------
    algorithm
        Who refused.
    headers
        Of the images that were looked at; at least one, all of one patient.
    predecessor
        The report of the run before.
    language, detail
        Of the report; what the text adds to the reason's own, for languages other than the text's.
    """

    algorithm: Algorithm
    headers: Sequence[Dataset] = field(repr=False)
    predecessor: PredecessorReport | None = None
    language: str = ENGLISH.language
    detail: str = ""

    @property
    def said(self) -> str:
        """The text in the report's language."""
        words = LANGUAGES[self.language].refusal
        reason = words.reasons.get(self.reason)
        if reason is None:
            return self.text
        return words.detail.format(reason=reason, detail=self.detail) if self.detail else reason

    @property
    def comments(self) -> tuple[str, ...]:
        """What stands beside the text: that nothing was found out, and the limits of use."""
        sentences = LANGUAGES[self.language]
        words = sentences.refusal
        return (
            words.status.format(state=words.states[self.status], reason=self.reason),
            words.nothing,
            sentences.note_of(self.algorithm.training_note),
            sentences.report.disclaimer,
        )

    @property
    def uids(self) -> ObjectUids:
        """UIDs that follow from the study, its images, the reason and who refused."""
        parts = (
            self.study_instance_uid,
            json.dumps(sorted(str(header.SOPInstanceUID) for header in self.headers)),
            self.reason,
            self.text,
            self.algorithm.device_uid,
            self.predecessor.sop_instance_uid if self.predecessor else "",
            *(() if self.language == ENGLISH.language else (self.language,)),
        )
        return ObjectUids(derived_uid("refusal", *parts), derived_uid("refusal series", *parts))


@dataclass(frozen=True)
class _LookedAt:
    sop_class_uid: str
    sop_instance_uid: str
    series_instance_uid: str


def refusal_report(
    refusal: Refusal, options: ReportOptions, *, at: datetime | None = None
) -> Dataset:
    """Make the report of a study without result: UNVERIFIED, PARTIAL, a new series.

    Parameters
    ----------
    refusal
        Why there is none.
    options
        SOP class and character set.
    at
        When the content was made; now, where it is not given.
    """
    moment = at or datetime.now().astimezone()
    report = Dataset()
    add_identity(report, options.sop_class_uid, refusal.uids)
    copy_patient_and_study(report, refusal.study_instance_uid, refusal.headers)
    add_series(report, REFUSAL_SERIES, refusal.uids)
    add_equipment(report, refusal.algorithm, moment)
    add_document(report, is_partial=True, moment=moment)
    images = list(_images(refusal.headers))
    add_references(report, refusal.study_instance_uid, images, refusal.predecessor)
    report.update(_tree(refusal))
    fit_dataset(report, options.character_set)
    return report


def check_refusal_report(made: Dataset, refusal: Refusal) -> None:
    """Write the report, read it again, and compare its words with the refusal.

    Raises
    ------
    ResultInvalid
        If it cannot be written or read, differs, or holds a number.
    """

    def differences(stored: Dataset) -> Iterator[str]:
        def as_stored(words: str) -> str:
            return fit_text(clean_text(words), str(stored.SpecificCharacterSet))

        (words,) = items_named(stored, codes.QUALITATIVE_EVALUATIONS)
        if texts_named(words, codes.NARRATIVE_SUMMARY) != (as_stored(refusal.said),):
            yield "text"
        if texts_named(words, codes.COMMENT) != tuple(map(as_stored, refusal.comments)):
            yield "comments"
        if stored.VerificationFlag != "UNVERIFIED" or stored.CompletionFlag != "PARTIAL":
            yield "flags"
        if stored.StudyInstanceUID != refusal.study_instance_uid:
            yield "StudyInstanceUID"
        if _has_number(stored):
            yield "a number"

    check_object("report of a study without result", made, differences)


def _tree(refusal: Refusal) -> ContainerContentItem:
    parameters = [weights_of(part) for part in refusal.algorithm.parts]
    words: list[ContentItem] = [
        code(codes.PROCESSING_SUMMARY, codes.NONE_SUCCEEDED),
        *texts(codes.NARRATIVE_SUMMARY, refusal.said),
        *(item for comment in refusal.comments for item in texts(codes.COMMENT, comment)),
    ]
    items: list[ContentItem] = [
        *language_items(refusal.language),
        *observer_items(refusal.algorithm),
        code(codes.PROCEDURE_REPORTED, codes.IMAGING_PROCEDURE, HAS_CONCEPT_MOD),
        container(
            codes.IMAGING_MEASUREMENTS, algorithm_identification(refusal.algorithm, parameters)
        ),
        container(codes.QUALITATIVE_EVALUATIONS, words),
    ]
    return container(codes.REPORT_TITLE, items, template="1500", is_root=True)


def _images(headers: Sequence[Dataset]) -> Iterator[_LookedAt]:
    for header in headers:
        yield _LookedAt(
            str(header.SOPClassUID), str(header.SOPInstanceUID), str(header.SeriesInstanceUID)
        )


def _has_number(item: Dataset) -> bool:
    below = item.get("ContentSequence") or ()
    return item.get("ValueType") == "NUM" or any(_has_number(child) for child in below)

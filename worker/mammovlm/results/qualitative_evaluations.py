"""The last part of a report: status, what was left out, the words, and the limits of use."""

from collections.abc import Iterable

from highdicom.sr import ContainerContentItem, ContentItem

from mammovlm.findings import Explanation, ExplanationOrigin, Findings, ViewFindings
from mammovlm.results import codes
from mammovlm.results.content_items import code, container, texts
from mammovlm.results.report_context import ReportContext
from mammovlm.results.suggestions import processing_summary
from mammovlm.results.view_groups import titled_views
from mammovlm.study import LeftOut
from mammovlm.words import ENGLISH, LANGUAGES, Sentences
from mammovlm.words.report_words import ReportWords

DISCLAIMER = ENGLISH.report.disclaimer
"""In English; part of every report and of every JSON document, in its language."""


def qualitative_evaluations(context: ReportContext) -> ContainerContentItem:
    """Make the container (C0034375, UMLS) of TID 1500 with CODE and TEXT items alone."""
    findings, explanation, sentences = context.findings, context.explanation, context.sentences
    status = processing_summary(findings, context.options.suspicion_threshold)
    items: list[ContentItem] = [
        code(codes.PROCESSING_SUMMARY, status),
        *_comments(gaps(findings, sentences)),
        *texts(codes.NARRATIVE_SUMMARY, explanation.summary),
    ]
    if context.options.include_patient_text:
        items += _patient_text(explanation)
    items += _comments(limits(findings, sentences))
    return container(codes.QUALITATIVE_EVALUATIONS, items)


def gaps(findings: Findings, sentences: Sentences = ENGLISH) -> list[str]:
    """Say in sentences what is not in the numbers, and why."""
    words, names = sentences.report, sentences.names
    return [
        *(
            words.missing.format(
                slot=slot, side=names.sides[slot.laterality], view=names.views[slot.position]
            )
            for slot in findings.missing
        ),
        *_left_out(findings.left_out, sentences),
        *(words.not_trained.format(head=names.head(head)) for head in findings.not_available),
        *_experts_without_number(findings.views, words),
    ]


def limits(findings: Findings, sentences: Sentences = ENGLISH) -> list[str]:
    """Say what the numbers rest on, and what they must not be used for."""
    return [sentences.note_of(findings.algorithm.training_note), sentences.report.disclaimer]


def patient_text_origin(explanation: Explanation) -> str:
    """Say who worded the draft for the patient, and how hard it is to read."""
    words = LANGUAGES[explanation.language].report
    by_model = explanation.origin is ExplanationOrigin.LANGUAGE_MODEL
    reading = words.reading.format(
        grade=explanation.reading_grade, characters=explanation.characters_per_sentence
    )
    refused = explanation.refused_because
    return words.origin.format(
        words=words.by_model if by_model else words.by_template, reading=reading
    ) + (words.refused.format(reason=refused) if refused else "")


def _patient_text(explanation: Explanation) -> list[ContentItem]:
    draft = texts(codes.PATIENT_TEXT, explanation.patient_text)
    return [*draft, *_comments([patient_text_origin(explanation)])] if draft else []


def _left_out(images: Iterable[LeftOut], sentences: Sentences) -> list[str]:
    """Make one sentence for each reason: a tomosynthesis study leaves out very many images."""
    words, names = sentences.report, sentences.names
    by_reason: dict[tuple[str, str], list[str]] = {}
    for image in images:
        uid = image.sop_instance_uid or words.without_uid
        by_reason.setdefault((image.reason.value, image.detail), []).append(uid)
    return [
        words.left_out.format(
            value=names.comma.join(filter(None, (value, detail))),
            reason=names.comma.join(filter(None, (names.reason(value), detail))),
            uids=names.enumeration.join(uids),
        )
        for (value, detail), uids in by_reason.items()
    ]


def _experts_without_number(views: tuple[ViewFindings, ...], words: ReportWords) -> list[str]:
    """Name the experts of views that have no measurement group to name them in."""
    return [
        words.no_number.format(view=title, expert=view.expert)
        for title, view in titled_views(views)
        if view.density is None and view.suspicion is None
    ]


def _comments(sentences: Iterable[str]) -> list[ContentItem]:
    return [item for sentence in sentences for item in texts(codes.COMMENT, sentence)]

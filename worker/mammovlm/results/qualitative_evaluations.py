"""The last part of a report: status, what was left out, the words, and the limits of use."""

from collections.abc import Iterable

from highdicom.sr import ContainerContentItem, ContentItem

from mammovlm.findings import Explanation, ExplanationOrigin, Findings, ViewFindings
from mammovlm.results import codes
from mammovlm.results.content_items import code, container, texts
from mammovlm.results.report_context import ReportContext
from mammovlm.results.suggestions import processing_summary
from mammovlm.results.view_groups import titled_views
from mammovlm.study import Laterality, LeftOut, Slot

DISCLAIMER = (
    "Research software. It is not cleared or approved as a medical device and must not be used "
    "for diagnosis alone. A computer made this result and no person has verified it. It informs "
    "the physician who reads the images and does not replace that reading. The likelihoods are "
    "not probabilities of cancer."
)
"""Part of every report and of every JSON document."""

_SIDES = {Laterality.RIGHT: "right", Laterality.LEFT: "left"}


def qualitative_evaluations(context: ReportContext) -> ContainerContentItem:
    """Make the container (C0034375, UMLS) of TID 1500 with CODE and TEXT items alone."""
    findings, explanation = context.findings, context.explanation
    status = processing_summary(findings, context.options.suspicion_threshold)
    items: list[ContentItem] = [
        code(codes.PROCESSING_SUMMARY, status),
        *_comments(gaps(findings)),
        *texts(codes.NARRATIVE_SUMMARY, explanation.summary),
    ]
    if context.options.include_patient_text:
        items += _patient_text(explanation)
    items += _comments([findings.algorithm.training_note, DISCLAIMER])
    return container(codes.QUALITATIVE_EVALUATIONS, items)


def gaps(findings: Findings) -> list[str]:
    """Say in sentences what is not in the numbers, and why."""
    return [
        *(f"Missing view: {slot} ({_in_words(slot)})." for slot in findings.missing),
        *_left_out(findings.left_out),
        *(
            f"No trained weights for: {head}. No such number is given."
            for head in findings.not_available
        ),
        *_experts_without_number(findings.views),
    ]


def patient_text_origin(explanation: Explanation) -> str:
    """Say who worded the draft for the patient, and how hard it is to read."""
    by_model = explanation.origin is ExplanationOrigin.LANGUAGE_MODEL
    words = "the language model" if by_model else "a fixed template"
    return (
        f"The first part of the patient-friendly explanation was worded by {words} "
        f"(Flesch-Kincaid grade {explanation.reading_grade:.1f}). It is a draft; a physician "
        "must review it before a patient sees it."
    )


def _patient_text(explanation: Explanation) -> list[ContentItem]:
    draft = texts(codes.PATIENT_TEXT, explanation.patient_text)
    return [*draft, *_comments([patient_text_origin(explanation)])] if draft else []


def _in_words(slot: Slot) -> str:
    return f"{_SIDES[slot.laterality]} {codes.VIEWS[slot.position].meaning}"


def _left_out(images: Iterable[LeftOut]) -> list[str]:
    """Make one sentence for each reason: a tomosynthesis study leaves out very many images."""
    by_reason: dict[str, list[str]] = {}
    for image in images:
        reason = f"{image.reason}, {image.detail}" if image.detail else str(image.reason)
        by_reason.setdefault(reason, []).append(image.sop_instance_uid or "a file without UID")
    return [f"Not analysed ({why}): {', '.join(uids)}." for why, uids in by_reason.items()]


def _experts_without_number(views: tuple[ViewFindings, ...]) -> list[str]:
    """Name the experts of views that have no measurement group to name them in."""
    return [
        f"{title} was seen by the expert {view.expert}; no number is given for it alone."
        for title, view in titled_views(views)
        if view.density is None and view.suspicion is None
    ]


def _comments(sentences: Iterable[str]) -> list[ContentItem]:
    return [item for sentence in sentences for item in texts(codes.COMMENT, sentence)]

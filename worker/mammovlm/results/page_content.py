"""What the one-page summary says, before anything is laid out."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from pydicom import Dataset

from mammovlm.findings import BreastFindings, Density, Likelihood
from mammovlm.results import codes
from mammovlm.results.content_tree import weights_of
from mammovlm.results.percent import WrittenLikelihood, percent
from mammovlm.results.qualitative_evaluations import limits, patient_text_origin
from mammovlm.results.report_context import ReportContext
from mammovlm.results.suggestions import suggested_category
from mammovlm.words import Sentences
from mammovlm.words.page_words import PageWords

_LONGEST_VALUE = 80


@dataclass(frozen=True)
class BreastRow:
    """One row of the table: a breast, or the whole study.

    Parameters
    ----------
    name
        Of the breast.
    density
        Category, meaning and probability, or that there is none.
    presence, suspicion
        In per cent; None where there is no number.
    suggestion
        Category or none.
    views
        Each analysed view with the expert that saw it.
    """

    name: str
    density: str
    presence: WrittenLikelihood | None
    suspicion: WrittenLikelihood | None
    suggestion: str
    views: tuple[str, ...]


@dataclass(frozen=True)
class PageContent:
    """Everything that stands on the page.

    Parameters
    ----------
    language
        RFC 5646 tag.
    title, banner
        At the head.
    identification
        Label and value of patient, study and report.
    rows, overall, missing
        The table by breast; the study's density; the missing views, or that there are none.
    threshold
        In per cent; drawn into the intervals.
    summary_title, summary
        For the radiologist.
    patient_title, patient_text, patient_origin
        The patient's draft and who worded it; empty where the site leaves it out.
    limits_title, limits
        What the numbers rest on; last, and never cut, the limits of use.
    algorithm_title, algorithm
        Who made it, and with which weights.
    """

    language: str
    title: str
    banner: str
    identification: tuple[tuple[str, str], ...]
    rows: tuple[BreastRow, ...]
    overall: str
    missing: str
    threshold: float
    summary_title: str
    summary: str
    patient_title: str
    patient_text: str
    patient_origin: str
    limits_title: str
    limits: tuple[str, ...]
    algorithm_title: str
    algorithm: tuple[str, ...]


def page_content(context: ReportContext, report: Dataset, moment: datetime) -> PageContent:
    """Gather what the page says.

    Parameters
    ----------
    context
        The study and what was found and said.
    report
        The structured report, whose patient and study modules the page shows.
    moment
        When the page was made.
    """
    findings, sentences = context.findings, context.sentences
    words = sentences.page
    wants_draft = context.options.include_patient_text
    slots = sentences.names.enumeration.join(map(str, findings.missing))
    return PageContent(
        language=sentences.language,
        title=sentences.readable.title,
        banner=f"{words.banner} {words.partial}" if findings.is_partial else words.banner,
        identification=tuple(_identification(report, words, sentences, moment)),
        rows=tuple(_row(context, breast, words) for breast in findings.breasts),
        overall=_density(findings.density, sentences, words),
        missing=sentences.summary.missing.format(items=slots) if slots else words.none_missing,
        threshold=percent(context.options.suspicion_threshold),
        summary_title=sentences.readable.summary,
        summary=_with_units(context.explanation.summary),
        patient_title=sentences.readable.patient,
        patient_text=context.explanation.patient_text if wants_draft else "",
        patient_origin=patient_text_origin(context.explanation) if wants_draft else "",
        limits_title=sentences.readable.limits,
        limits=tuple(_with_units(one) for one in limits(findings, sentences)),
        algorithm_title=sentences.readable.algorithm,
        algorithm=tuple(_algorithm(context, sentences)),
    )


def _identification(
    report: Dataset, words: PageWords, sentences: Sentences, moment: datetime
) -> Iterator[tuple[str, str]]:
    name = str(report.PatientName).replace("^", " ").replace("=", " / ")
    flags = (report.CompletionFlag, report.PreliminaryFlag, report.VerificationFlag)
    values = {
        words.patient: name,
        words.patient_id: str(report.PatientID),
        words.born: _day(str(report.PatientBirthDate)),
        words.sex: str(report.PatientSex),
        words.study_date: _day(str(report.StudyDate)),
        words.accession: str(report.AccessionNumber),
        sentences.readable.made: f"{moment:%Y-%m-%d %H:%M}",
        sentences.readable.status: ", ".join(flags),
    }
    for label, value in values.items():
        shown = value.strip() or "–"
        yield label, shown if len(shown) <= _LONGEST_VALUE else f"{shown[:_LONGEST_VALUE]}…"


def _with_units(text: str) -> str:
    """Keep every number on the line of its per cent sign."""
    return re.sub(r"(?<=\d) %", "\N{NO-BREAK SPACE}%", text)


def _day(value: str) -> str:
    return f"{value[:4]}-{value[4:6]}-{value[6:]}" if len(value) == 8 else value


def _row(context: ReportContext, breast: BreastFindings, words: PageWords) -> BreastRow:
    sentences = context.sentences
    views = [v for v in context.findings.views if v.slot.laterality is breast.laterality]
    return BreastRow(
        name=sentences.readable.sides[breast.laterality],
        density=_density(breast.density, sentences, words),
        presence=_written(breast.presence),
        suspicion=_written(breast.suspicion),
        suggestion=_suggestion(context, breast, words),
        views=tuple(f"{view.slot}: {view.expert}" for view in views),
    )


def _density(density: Density | None, sentences: Sentences, words: PageWords) -> str:
    if density is None:
        return words.not_available
    meaning = codes.DENSITIES[density.category].meaning
    named = sentences.readable.densities.get(density.category, meaning)
    return (
        f"{density.category} - {named}, {words.percent.format(value=percent(density.probability))}"
    )


def _suggestion(context: ReportContext, breast: BreastFindings, words: PageWords) -> str:
    category = suggested_category(breast, context.options.suspicion_threshold)
    if category is None:
        return words.no_suggestion
    number = "4" if category == codes.CATEGORY_4 else "3"
    return context.sentences.readable.categories.get(number, category.meaning)


def _written(likelihood: Likelihood | None) -> WrittenLikelihood | None:
    return None if likelihood is None else WrittenLikelihood.of(likelihood)


def _algorithm(context: ReportContext, sentences: Sentences) -> Iterator[str]:
    algorithm = context.findings.algorithm
    yield sentences.summary.identity.format(
        name=f"{algorithm.name} ({algorithm.manufacturer})",
        version=algorithm.version,
        preset=algorithm.preset,
    )
    yield f"{sentences.readable.device_uid} {algorithm.device_uid}"
    if context.options.is_stored:
        yield f"{sentences.readable.report_uid} {context.uids.report.sop_instance}"
    yield from (weights_of(part) for part in algorithm.parts)

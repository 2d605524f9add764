"""A stored report as text for a person: `mammovlm show`."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from pydicom import Dataset
from wcwidth import ljust, width

from mammovlm.results import codes
from mammovlm.results.report_content import ReadGroup, ReadNumber, ReportContent, read_content
from mammovlm.results.wrapped_text import wrapped
from mammovlm.words import ENGLISH, LANGUAGES
from mammovlm.words.report_words import ReadableWords

_WIDTH = 88
_BAR = 25
_LABEL = 14
_SIDE_KEYS = {codes.SIDES[side].value: side.value for side in codes.SIDES} | {
    codes.BILATERAL.value: "RL"
}
_SLOT_NAMES = {
    (codes.SIDES[side].value, codes.VIEWS[view].value): f"{side}{view}"
    for side in codes.SIDES
    for view in codes.VIEWS
}
_LETTERS = {code.value: category.value for category, code in codes.DENSITIES.items()}
_DENSITY_WORDS = {code.value: code.meaning for code in codes.DENSITIES.values()}
_CATEGORIES = {
    code.value: (number, code.meaning)
    for number, code in (("3", codes.CATEGORY_3), ("4", codes.CATEGORY_4))
}
_STATUS = {
    code.value: code.meaning
    for code in (
        codes.SUCCEEDED_WITHOUT_FINDINGS,
        codes.SUCCEEDED_WITH_FINDINGS,
        codes.PARTIAL_WITHOUT_FINDINGS,
        codes.PARTIAL_WITH_FINDINGS,
        codes.NONE_SUCCEEDED,
    )
}


def readable_report(report: Dataset) -> str:
    """Write one of our reports as plain text, at most 88 columns wide, without patient data.

    It is in the report's language; a Chinese character takes two columns.

    Raises
    ------
    ValueError
        If the data set is not a report that this project made, or lacks a part of one.
    """
    try:
        content = read_content(report)
        words = LANGUAGES.get(content.language, ENGLISH).readable
        lines = list(_lines(report, content, words))
    except (AttributeError, KeyError, IndexError, TypeError) as error:
        raise ValueError("this structured report of MammoVLM lacks a part") from error
    return "\n".join(lines) + "\n"


def _lines(report: Dataset, content: ReportContent, words: ReadableWords) -> Iterator[str]:
    yield from (words.title, "=" * width(words.title))
    yield from _wrapped(content.comments[-1], "")
    yield from _section(words.study, _study(report, content, words))
    yield from _section(words.images, _images(content))
    yield from _section(words.density, _densities(content, words))
    yield from _likelihood_sections(content, words)
    yield from _section(words.views, _views(content, words))
    yield from _section(words.regions, _regions(content, words))
    yield from _section(words.limits, _limits(content))
    yield from _section(words.summary, _paragraphs(content.summary))
    yield from _section(words.patient, _paragraphs(content.patient_text))
    yield from _section(words.algorithm, _algorithm(content, words))


def _section(title: str, lines: Iterable[str]) -> Iterator[str]:
    """Give a heading and its lines, or nothing where there are none."""
    filled = list(lines)
    if filled:
        yield from ("", title, "-" * width(title))
        yield from filled


def _study(report: Dataset, content: ReportContent, words: ReadableWords) -> Iterator[str]:
    yield _labelled(words.study, report.StudyInstanceUID)
    yield _labelled(words.report_uid, report.SOPInstanceUID)
    made = datetime.strptime(  # noqa: DTZ007 - the report gives its place's own time
        f"{report.ContentDate}{report.ContentTime}", "%Y%m%d%H%M%S"
    )
    yield _labelled(words.made, made.isoformat(" "))
    flags = (report.CompletionFlag, report.PreliminaryFlag, report.VerificationFlag)
    yield _labelled(words.status, ", ".join(flags))
    status = content.summary_status
    yield _labelled(words.processing, words.statuses.get(status) or _STATUS.get(status, status))
    for item in report.get("PredecessorDocumentsSequence") or ():
        for series in item.ReferencedSeriesSequence:
            for sop in series.ReferencedSOPSequence:
                yield _labelled(words.follows, sop.ReferencedSOPInstanceUID)


def _labelled(label: str, value: str) -> str:
    return f"  {ljust(label, _LABEL)}{value}"


def _images(content: ReportContent) -> Iterator[str]:
    for image in content.images:
        name = _SLOT_NAMES.get((image.side, image.view), "?")
        yield f"  {name:<6}{image.sop_instance_uid}"


def _densities(content: ReportContent, words: ReadableWords) -> Iterator[str]:
    for group in content.groups:
        if group.title.startswith("Density "):
            overall = group.title == "Density overall"
            name = words.overall if overall else _side(group, words)
            yield f"  {ljust(name, 9)}{_density(group, words)}"


def _density(group: ReadGroup, words: ReadableWords) -> str:
    category = group.evaluations[codes.BREAST_COMPOSITION.value]
    certainty = group.numbers[codes.CERTAINTY_OF_FINDING.value].value
    letter = _LETTERS[category]
    meaning = words.densities.get(letter) or _DENSITY_WORDS[category]
    return f"{letter}  {ljust(meaning, 36)}{certainty:5.1f} %"


def _side(group: ReadGroup, words: ReadableWords) -> str:
    return words.sides.get(_SIDE_KEYS.get(group.side, ""), "?")


def _likelihood_sections(content: ReportContent, words: ReadableWords) -> Iterator[str]:
    assessed = [g for g in content.groups if g.title.startswith("Assessment ")]
    for title, name in (
        (words.presence, codes.PRESENCE),
        (words.suspicion, codes.SUSPICION),
    ):
        shown = [g for g in assessed if name.value in g.numbers]
        yield from _section(title, (_likelihood(g, g.numbers[name.value], words) for g in shown))
    suggestions = (
        f"  {ljust(_side(g, words), 9)}{_suggestion(g, words)}"
        for g in assessed
        if codes.SUSPICION.value in g.numbers
    )
    yield from _section(words.suggestion, suggestions)


def _likelihood(group: ReadGroup, number: ReadNumber, words: ReadableWords) -> str:
    low = number.value - (number.below or 0)
    high = number.value + (number.above or 0)
    interval = words.interval.format(low=low, high=high)
    return (
        f"  {ljust(_side(group, words), 9)}{number.value:5.1f} %  {interval}  "
        f"{bar(low, number.value, high)}"
    )


def bar(low: float, value: float, high: float) -> str:
    """Draw an interval on a scale of 0 to 100 per cent, such as ``|....[-o--]...|``."""
    cells = ["."] * _BAR
    first, middle, last = (round(x / 100 * (_BAR - 1)) for x in (low, value, high))
    cells[first : last + 1] = ["-"] * (last + 1 - first)
    cells[first], cells[last] = "[", "]"
    cells[middle] = "o"
    return f"|{''.join(cells)}|"


def _suggestion(group: ReadGroup, words: ReadableWords) -> str:
    category = group.evaluations.get(codes.ASSESSMENT_CATEGORY.value)
    if category is None:
        return words.not_suggested
    number, meaning = _CATEGORIES.get(category, ("", category))
    return words.suggested.format(category=words.categories.get(number) or meaning)


def _views(content: ReportContent, words: ReadableWords) -> Iterator[str]:
    for group in content.groups:
        if group.title.startswith("View "):
            expert = "".join(p.removeprefix("expert=") for p in group.parameters)
            parts = [words.expert.format(expert=expert)]
            if codes.BREAST_COMPOSITION.value in group.evaluations:
                letter = _LETTERS[group.evaluations[codes.BREAST_COMPOSITION.value]]
                certainty = group.numbers[codes.CERTAINTY_OF_FINDING.value].value
                parts.append(words.density_of_view.format(category=letter, probability=certainty))
            if codes.VIEW_SUSPICION.value in group.numbers:
                alone = group.numbers[codes.VIEW_SUSPICION.value].value
                parts.append(words.suspicion_of_view.format(value=alone))
            yield from _wrapped(", ".join(parts), f"  {group.title.removeprefix('View '):<9}")


def _regions(content: ReportContent, words: ReadableWords) -> Iterator[str]:
    *named, not_named = words.kinds
    kinds = dict(zip((c.value for c in codes.REGION_KINDS.values()), named, strict=True))
    for group in content.groups:
        if group.ellipse is None:
            continue
        text = words.region.format(
            kind=kinds.get(group.evaluations.get(codes.SINGLE_IMAGE_FINDING.value, ""), not_named),
            row=group.ellipse.row,
            column=group.ellipse.column,
            height=2 * group.ellipse.row_radius,
            width=2 * group.ellipse.column_radius,
            evidence=group.numbers[codes.REGION_EVIDENCE.value].value,
            suspicion=group.numbers[codes.REGION_SUSPICION.value].value,
        )
        yield from _wrapped(text, f"  {group.title.removeprefix('Region '):<9}")


def _limits(content: ReportContent) -> Iterator[str]:
    for comment in content.comments[:-1]:
        yield from _wrapped(comment, "  - ")


def _algorithm(content: ReportContent, words: ReadableWords) -> Iterator[str]:
    algorithm = content.algorithm
    yield from _wrapped(f"{algorithm.name} {algorithm.version}, {algorithm.manufacturer}", "  ")
    yield f"  {words.device_uid} {algorithm.device_uid}"
    for parameter in algorithm.parameters:
        yield from _wrapped(parameter, "  - ")


def _paragraphs(text: str) -> Iterator[str]:
    for paragraph in text.splitlines():
        yield from _wrapped(paragraph, "  ")


def _wrapped(text: str, lead: str) -> list[str]:
    return wrapped(text, _WIDTH, lead)

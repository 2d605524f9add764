"""A stored report as text for a person: `mammovlm show`."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from textwrap import fill

from pydicom import Dataset

from mammovlm.results import codes
from mammovlm.results.report_content import ReadGroup, ReadNumber, ReportContent, read_content

_WIDTH = 88
_BAR = 25
_TITLE = "MammoVLM result - NOT FOR DIAGNOSTIC USE ALONE"
_SIDE_NAMES = {
    codes.SIDES[side].value: name for side, name in zip(codes.SIDES, ("right", "left"), strict=True)
} | {codes.BILATERAL.value: "both"}
_SLOT_NAMES = {
    (codes.SIDES[side].value, codes.VIEWS[view].value): f"{side}{view}"
    for side in codes.SIDES
    for view in codes.VIEWS
}
_LETTERS = {code.value: category.value for category, code in codes.DENSITIES.items()}
_DENSITY_WORDS = {code.value: code.meaning for code in codes.DENSITIES.values()}
_CATEGORIES = {c.value: c.meaning for c in (codes.CATEGORY_3, codes.CATEGORY_4)}
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
    """Write one of our reports as plain text, at most 88 characters wide, without patient data.

    Raises
    ------
    ValueError
        If the data set is not a report that this project made, or lacks a part of one.
    """
    try:
        content = read_content(report)
        lines = list(_lines(report, content))
    except (AttributeError, KeyError, IndexError, TypeError) as error:
        raise ValueError("this structured report of MammoVLM lacks a part") from error
    return "\n".join(lines) + "\n"


def _lines(report: Dataset, content: ReportContent) -> Iterator[str]:
    yield from (_TITLE, "=" * len(_TITLE))
    yield from _wrapped(content.comments[-1], "")
    yield from _section("Study", _study(report, content))
    yield from _section("Images", _images(content))
    yield from _section("Breast density (ACR BI-RADS 5th edition)", _densities(content))
    yield from _likelihood_sections(content)
    yield from _section("View by view", _views(content))
    yield from _section("Limits of this result", _limits(content))
    yield from _section("Summary for the radiologist", _paragraphs(content.summary))
    yield from _section(
        "Explanation for the patient (draft, not reviewed)", _paragraphs(content.patient_text)
    )
    yield from _section("Algorithm", _algorithm(content))


def _section(title: str, lines: Iterable[str]) -> Iterator[str]:
    """Give a heading and its lines, or nothing where there are none."""
    filled = list(lines)
    if filled:
        yield from ("", title, "-" * len(title))
        yield from filled


def _study(report: Dataset, content: ReportContent) -> Iterator[str]:
    yield f"  Study         {report.StudyInstanceUID}"
    yield f"  Report        {report.SOPInstanceUID}"
    made = datetime.strptime(  # noqa: DTZ007 - the report gives its place's own time
        f"{report.ContentDate}{report.ContentTime}", "%Y%m%d%H%M%S"
    )
    yield f"  Made          {made.isoformat(' ')}"
    flags = (report.CompletionFlag, report.PreliminaryFlag, report.VerificationFlag)
    yield f"  Status        {', '.join(flags)}"
    yield f"  Processing    {_STATUS.get(content.summary_status, content.summary_status)}"
    for item in report.get("PredecessorDocumentsSequence") or ():
        for series in item.ReferencedSeriesSequence:
            for sop in series.ReferencedSOPSequence:
                yield f"  Follows       {sop.ReferencedSOPInstanceUID}"


def _images(content: ReportContent) -> Iterator[str]:
    for image in content.images:
        name = _SLOT_NAMES.get((image.side, image.view), "?")
        yield f"  {name:<6}{image.sop_instance_uid}"


def _densities(content: ReportContent) -> Iterator[str]:
    for group in content.groups:
        if group.title.startswith("Density "):
            overall = group.title == "Density overall"
            name = "overall" if overall else _SIDE_NAMES.get(group.side, "?")
            yield f"  {name:<9}{_density(group)}"


def _density(group: ReadGroup) -> str:
    category = group.evaluations[codes.BREAST_COMPOSITION.value]
    certainty = group.numbers[codes.CERTAINTY_OF_FINDING.value].value
    return f"{_LETTERS[category]}  {_DENSITY_WORDS[category]:<36}{certainty:5.1f} %"


def _likelihood_sections(content: ReportContent) -> Iterator[str]:
    assessed = [g for g in content.groups if g.title.startswith("Assessment ")]
    for title, name in (
        ("Is something there to assess? (category 3 or higher against 1 and 2)", codes.PRESENCE),
        ("If so: category 4 or higher against 3", codes.SUSPICION),
    ):
        shown = [g for g in assessed if name.value in g.numbers]
        yield from _section(title, (_likelihood(g, g.numbers[name.value]) for g in shown))
    suggestions = (
        f"  {_SIDE_NAMES.get(g.side, '?'):<9}{_suggestion(g)}"
        for g in assessed
        if codes.SUSPICION.value in g.numbers
    )
    yield from _section("AI suggestion", suggestions)


def _likelihood(group: ReadGroup, number: ReadNumber) -> str:
    low = number.value - (number.below or 0)
    high = number.value + (number.above or 0)
    side = _SIDE_NAMES.get(group.side, "?")
    return (
        f"  {side:<9}{number.value:5.1f} %  (95 % interval {low:5.1f} to {high:5.1f} %)  "
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


def _suggestion(group: ReadGroup) -> str:
    category = group.evaluations.get(codes.ASSESSMENT_CATEGORY.value)
    if category is None:
        return "none: the intervals are not clear of the threshold"
    return f"{_CATEGORIES.get(category, category)} (a suggestion, not the assessment)"


def _views(content: ReportContent) -> Iterator[str]:
    for group in content.groups:
        if group.title.startswith("View "):
            expert = "".join(p.removeprefix("expert=") for p in group.parameters)
            parts = [f"expert {expert}"]
            if codes.BREAST_COMPOSITION.value in group.evaluations:
                letter = _LETTERS[group.evaluations[codes.BREAST_COMPOSITION.value]]
                certainty = group.numbers[codes.CERTAINTY_OF_FINDING.value].value
                parts.append(f"density {letter} ({certainty:.1f} %)")
            if codes.VIEW_SUSPICION.value in group.numbers:
                alone = group.numbers[codes.VIEW_SUSPICION.value].value
                parts.append(f"4 against 3: {alone:.1f} %")
            yield from _wrapped(", ".join(parts), f"  {group.title.removeprefix('View '):<9}")


def _limits(content: ReportContent) -> Iterator[str]:
    for comment in content.comments[:-1]:
        yield from _wrapped(comment, "  - ")


def _algorithm(content: ReportContent) -> Iterator[str]:
    algorithm = content.algorithm
    yield from _wrapped(f"{algorithm.name} {algorithm.version}, {algorithm.manufacturer}", "  ")
    yield f"  Device UID {algorithm.device_uid}"
    for parameter in algorithm.parameters:
        yield from _wrapped(parameter, "  - ")


def _paragraphs(text: str) -> Iterator[str]:
    for paragraph in text.splitlines():
        yield from _wrapped(paragraph, "  ")


def _wrapped(text: str, lead: str) -> list[str]:
    """Break a text into lines; the first begins with the lead, the others below it."""
    return fill(text, _WIDTH, initial_indent=lead, subsequent_indent=" " * len(lead)).split("\n")

# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a stored structured report says: the page's numbers come from it and from nowhere else.

Reads TID 1500 as `mammovlm.results` writes it, from the header as Orthanc gives it. A contract test
keeps both sides equal.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from mammovlm_orthanc.dicom_tags import Tags, text
from mammovlm_orthanc.report_items import (
    code_value,
    first,
    joined_text,
    measured,
    named,
    referenced_uid,
    side_of,
    texts_of,
)
from mammovlm_orthanc.stored_regions import TITLE, StoredRegion, region_of

_MEASUREMENTS, _GROUP, _EVALUATIONS = "126010", "125007", "C0034375"
_COMPOSITION, _CERTAINTY, _CATEGORY = "129715009", "111012", "111005"
_PARAMETER, _SOURCE, _ABOVE, _BELOW = "111002", "121112", "371886008", "371885007"
_SUMMARY, _PATIENT_TEXT, _COMMENT = "111412", "PATIENT-TEXT", "121106"
_ALGORITHM_NAME, _ALGORITHM_VERSION, _LANGUAGE = "111001", "111003", "121049"
_VIEW_SUSPICION = "VIEW-4-VS-3"
_LIKELIHOODS = {"PRESENCE": "presence", "BIRADS4-VS-3": "suspicion"}
_DENSITIES = {"129716005": "A", "129717001": "B", "129718006": "C", "129719003": "D"}
_CATEGORIES = {"397143007": "3", "397144001": "4"}
_VIEW_GROUP = "View "


@dataclass(frozen=True)
class StoredDensity:
    """Density of a breast ("R", "L") or of the study ("both"); certainty in percent."""

    side: str
    category: str
    certainty: float | None


@dataclass(frozen=True)
class StoredLikelihood:
    """One likelihood of one breast, in percent.

    Parameters
    ----------
    name
        "presence" (something to assess) or "suspicion" (BI-RADS 4 or higher against 3).
    side
        "R" or "L".
    value, low, high
        0 to 100, low <= value <= high; the bounds are None where the report has none.
    parameters
        Such as "calibration=none (raw score)".
    """

    name: str
    side: str
    value: float
    low: float | None
    high: float | None
    parameters: tuple[str, ...]


@dataclass(frozen=True)
class StoredView:
    """One view: its title ("RCC"), its image, who looked at it, and what it gave (percent)."""

    title: str
    sop_instance_uid: str
    expert: str
    density: str
    certainty: float | None
    suspicion: float | None


@dataclass(frozen=True)
class StoredReport:
    """A report.

    Parameters
    ----------
    densities, likelihoods, views, regions
        In the report's order.
    suggestions
        Category that the software suggests ("3" or "4"), by side; a side may be missing.
    summary, patient_text
        The words; "" where the report has none.
    comments
        All else that it says in sentences: gaps, what the numbers rest on, and the disclaimer last.
    algorithm, parameters
        Name and version, and each part with what it was trained on.
    language
        RFC 5646 tag.
    completion, verification
        (0040,A491) and (0040,A493).
    """

    densities: tuple[StoredDensity, ...]
    likelihoods: tuple[StoredLikelihood, ...]
    views: tuple[StoredView, ...]
    regions: tuple[StoredRegion, ...]
    suggestions: dict[str, str]
    summary: str
    patient_text: str
    comments: tuple[str, ...]
    algorithm: str
    parameters: tuple[str, ...]
    language: str
    completion: str
    verification: str


def read_report(tags: Tags) -> StoredReport:
    """Read a report; what is not there, or not as agreed, is left out."""
    measurements = first(tags, _MEASUREMENTS)
    words = first(tags, _EVALUATIONS)
    groups = list(named(measurements, _GROUP))
    of_breasts = [group for group in groups if not _title(group).startswith(_VIEW_GROUP)]
    name, version = (
        joined_text(measurements, code) for code in (_ALGORITHM_NAME, _ALGORITHM_VERSION)
    )
    return StoredReport(
        densities=tuple(d for group in of_breasts for d in _densities(group)),
        likelihoods=tuple(found for group in of_breasts for found in _likelihoods(group)),
        views=tuple(_view(group) for group in groups if group not in of_breasts),
        regions=tuple(found for group in groups if (found := region_of(group))),
        suggestions={
            side_of(group): _CATEGORIES[code]
            for group in of_breasts
            if (code := code_value(first(group, _CATEGORY))) in _CATEGORIES
        },
        summary=joined_text(words, _SUMMARY),
        patient_text=joined_text(words, _PATIENT_TEXT),
        comments=texts_of(words, _COMMENT),
        algorithm=f"{name} {version}".strip(),
        parameters=texts_of(measurements, _PARAMETER),
        language=code_value(first(tags, _LANGUAGE)),
        completion=text(tags, "0040,a491"),
        verification=text(tags, "0040,a493"),
    )


def _densities(group: Tags) -> Iterator[StoredDensity]:
    category = _DENSITIES.get(code_value(first(group, _COMPOSITION)))
    if category:
        yield StoredDensity(side_of(group), category, measured(first(group, _CERTAINTY)))


def _likelihoods(group: Tags) -> Iterator[StoredLikelihood]:
    for code, name in _LIKELIHOODS.items():
        item = first(group, code)
        value = measured(item)
        if value is not None:
            below, above = (measured(first(item, bound)) for bound in (_BELOW, _ABOVE))
            yield StoredLikelihood(
                name=name,
                side=side_of(group),
                value=value,
                low=None if below is None else round(max(0.0, value - below), 3),
                high=None if above is None else round(min(100.0, value + above), 3),
                parameters=texts_of(item, _PARAMETER),
            )


def _view(group: Tags) -> StoredView:
    experts = [p.removeprefix("expert=") for p in texts_of(group, _PARAMETER)]
    return StoredView(
        title=_title(group).removeprefix(_VIEW_GROUP),
        sop_instance_uid=referenced_uid(first(group, _SOURCE)),
        expert=", ".join(experts),
        density=_DENSITIES.get(code_value(first(group, _COMPOSITION)), ""),
        certainty=measured(first(group, _CERTAINTY)),
        suspicion=measured(first(group, _VIEW_SUSPICION)),
    )


def _title(group: Tags) -> str:
    return joined_text(group, TITLE)

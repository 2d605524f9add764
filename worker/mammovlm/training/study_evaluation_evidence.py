"""How well evidence and regions point, over all views of the exams that are measured."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from mammovlm.model.regions import MOST_REGIONS
from mammovlm.training.evaluation import DRAWS, Measured, over_patients
from mammovlm.training.evaluation_scores import SoughtLesion, ViewPointing
from mammovlm.training.evaluation_table import EvaluationTable
from mammovlm.training.markdown_tables import table

_Scored = Sequence[tuple[int, float]]
"""Patient and score, one row a view or a lesion."""


@dataclass(frozen=True)
class PointingPart:
    """How well the evidence points at one part of the lesions.

    Parameters
    ----------
    name
        Which part: all, those of a BI-RADS category, or of a kind.
    views
        In how many views such a lesion is the most suspicious one.
    hits
        In which share of these views the most evident cell touches a lesion of BI-RADS 3 or
        higher; None without such a view.
    chance
        The same for a cell drawn anywhere in the breast; None without such a view.
    lesions
        How many there are, every view counted on its own.
    marked
        Which share of them a drawn region has its middle in; None where there is none.
    """

    name: str
    views: int
    hits: Measured | None
    chance: float | None
    lesions: int
    marked: Measured | None


@dataclass(frozen=True)
class EvidenceResult:
    """Where evidence and regions lie, beside where the lesions do.

    Parameters
    ----------
    parts
        All lesions of BI-RADS 3 or higher first, then by category, then by kind.
    quiet_views
        How many show no such lesion.
    regions_in_quiet
        Drawn in each of these, on average; None where there is no such view.
    without_region
        Share of these in which none is drawn.
    astray
        Regions drawn beside the lesions, on average over the views that show one.
    not_searched
        Studies in which nothing looks for lesions: their expert is untrained.
    """

    parts: tuple[PointingPart, ...]
    quiet_views: int
    regions_in_quiet: Measured | None
    without_region: Measured | None
    astray: Measured | None
    not_searched: int


@dataclass(frozen=True)
class _View:
    patient: int
    seen: ViewPointing


def measure_evidence(found: EvaluationTable, draws: int = DRAWS) -> EvidenceResult | None:
    """Measure where the evidence lies.

    Parameters
    ----------
    draws
        Of the bootstrap over patients.

    Returns
    -------
    EvidenceResult or None
        None where it is not known of any study where its lesions lie.
    """
    told = [row for row in found.studies if row.scores.pointing is not None]
    if not told:
        return None
    views = [_View(row.patient, seen) for row in told for seen in row.scores.pointing or ()]
    sought = [view for view in views if view.seen.lesions]
    quiet = [view for view in views if not view.seen.lesions]
    return EvidenceResult(
        parts=tuple(_parts(sought, draws)),
        quiet_views=len(quiet),
        regions_in_quiet=_mean([(v.patient, v.seen.regions) for v in quiet], draws),
        without_region=_mean([(v.patient, float(not v.seen.regions)) for v in quiet], draws),
        astray=_mean([(v.patient, v.seen.astray) for v in sought], draws),
        not_searched=sum(not row.scores.pointing for row in told),
    )


def _parts(views: Sequence[_View], draws: int) -> Iterator[PointingPart]:
    kinds = sorted({lesion.kind for view in views for lesion in view.seen.lesions})
    yield _part("all", views, lambda lesion: True, draws)
    yield _part("BI-RADS 3", views, lambda lesion: lesion.assessment == 3, draws)
    yield _part("BI-RADS 4 or higher", views, lambda lesion: lesion.assessment >= 4, draws)
    for kind in kinds:
        yield _part(kind, views, partial(_is_of, kind), draws)


def _is_of(kind: str, lesion: SoughtLesion) -> bool:
    return lesion.kind == kind


def _part(
    name: str, views: Sequence[_View], belongs: Callable[[SoughtLesion], bool], draws: int
) -> PointingPart:
    led = [view for view in views if belongs(view.seen.lesions[0])]
    lesions = [
        (view.patient, float(lesion.is_marked))
        for view in views
        for lesion in view.seen.lesions
        if belongs(lesion)
    ]
    return PointingPart(
        name=name,
        views=len(led),
        hits=_mean([(view.patient, float(view.seen.is_hit)) for view in led], draws),
        chance=float(np.mean([view.seen.chance for view in led])) if led else None,
        lesions=len(lesions),
        marked=_mean(lesions, draws),
    )


def _mean(scored: _Scored, draws: int) -> Measured | None:
    """Give the mean with its interval over patients; None where there is nothing."""
    if not scored:
        return None
    scores = np.array([score for _, score in scored], dtype=np.float64)
    patients = np.array([patient for patient, _ in scored], dtype=np.int64)
    return over_patients(lambda rows: float(scores[rows].mean()), patients, draws=draws)


def evidence_lines(result: EvidenceResult) -> Iterator[str]:
    """Word the measures as markdown."""
    yield from ("", "## Where the evidence lies", "")
    yield (
        "The regions that the report draws are places on which the model's likelihood of BI-RADS 4 "
        "against 3 rests. Here they are compared with the places where the lesions of BI-RADS 3 or "
        "higher truly lie, view by view; a lesion that both views of a breast show counts twice."
    )
    yield ""
    yield (
        "- **Points at it** (pointing game): the one place of the view with the highest evidence, "
        "drawn as a region or not, lies on such a lesion: in the circle around it, or its cell "
        "touches the circle. *Chance*: the same for a place picked blindly in the breast. A view "
        "with several lesions counts where its most suspicious one belongs, and any of them is "
        "a hit."
    )
    yield (
        "- **Marked**: a region is drawn whose middle lies on the lesion, by the same rule. No "
        f"view gets more than {MOST_REGIONS} regions, and none where the evidence is low."
    )
    if result.not_searched:
        yield (
            "- Not in these tables: studies in which nothing looks for lesions, because their "
            f"expert is untrained: {result.not_searched}."
        )
    yield ""
    yield from table(
        ("", "views", "points at it", "chance", "lesions", "marked"),
        [_row(part) for part in result.parts],
    )
    yield ""
    yield from _beside(result)


def _row(part: PointingPart) -> tuple[object, ...]:
    return (
        part.name,
        part.views,
        part.hits or "–",
        "–" if part.chance is None else f"{part.chance:.3f}",
        part.lesions,
        part.marked or "–",
    )


def _beside(result: EvidenceResult) -> Iterator[str]:
    """Word the regions that are drawn where no lesion lies."""
    if result.astray is not None:
        yield (
            f"Views that show such a lesion: {result.parts[0].views}. Regions drawn beside it, on "
            f"average per view: {result.astray}."
        )
    if result.regions_in_quiet is not None:
        yield (
            f"Views without such a lesion (nothing, or a finding of BI-RADS 2): "
            f"{result.quiet_views}. Regions drawn, on average per view: "
            f"{result.regions_in_quiet}; share of these views without any region: "
            f"{result.without_region}."
        )

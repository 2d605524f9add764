"""Measurement groups for the assessment of each breast: presence, then category 4 against 3.

The number comes first and always; the category is a suggestion that may be missing.
"""

from collections.abc import Iterator

from highdicom.sr import ContainerContentItem, ContentItem, NumContentItem
from pydicom.sr.coding import Code

from mammovlm.findings import BreastFindings, Likelihood
from mammovlm.results import codes
from mammovlm.results.content_items import (
    HAS_CONCEPT_MOD,
    HAS_PROPERTIES,
    algorithm_identification,
    code,
    number,
    texts,
)
from mammovlm.results.measurement_group import GroupContent, measurement_group
from mammovlm.results.percent import WrittenLikelihood
from mammovlm.results.report_context import ReportContext
from mammovlm.results.suggestions import suggested_category
from mammovlm.words.report_words import ReportWords


def assessment_groups(context: ReportContext) -> Iterator[ContainerContentItem]:
    """Make the group of every breast that has a likelihood."""
    for breast in context.findings.breasts:
        if breast.presence is not None or breast.suspicion is not None:
            yield _group(context, breast)


def meanings(words: ReportWords) -> dict[Code, str]:
    """Say what each likelihood means."""
    return {
        codes.PRESENCE: words.presence_meaning,
        codes.SUSPICION: words.suspicion_meaning,
    }


def calibration_parameter(likelihood: Likelihood) -> str:
    """Say as an algorithm parameter whether the likelihood was calibrated."""
    return (
        "calibration=fitted on validation exams"
        if likelihood.calibrated
        else ("calibration=none (raw score)")
    )


def _group(context: ReportContext, breast: BreastFindings) -> ContainerContentItem:
    likelihoods = [(codes.PRESENCE, breast.presence), (codes.SUSPICION, breast.suspicion)]
    category = suggested_category(breast, context.options.suspicion_threshold)
    title = f"Assessment {breast.laterality}"
    return measurement_group(
        GroupContent(
            title=title,
            tracking_uid=context.uids.tracking(title),
            finding=codes.ASSESSMENT_CATEGORY,
            side=codes.SIDES[breast.laterality],
            numbers=[
                _likelihood(context, breast, name, likelihood)
                for name, likelihood in likelihoods
                if likelihood is not None
            ],
            images=context.images([breast.laterality]),
            evaluations=[] if category is None else [code(codes.ASSESSMENT_CATEGORY, category)],
        )
    )


def _likelihood(
    context: ReportContext, breast: BreastFindings, name: Code, likelihood: Likelihood
) -> NumContentItem:
    parameters = [
        f"expert {view.slot}={view.expert}"
        for view in context.findings.views
        if view.slot.laterality is breast.laterality
    ]
    written = WrittenLikelihood.of(likelihood)
    meaning = meanings(context.sentences.report)[name]
    children: list[ContentItem] = [
        *texts(codes.EQUIVALENT_MEANING, meaning, HAS_CONCEPT_MOD),
        *algorithm_identification(
            context.findings.algorithm, [*parameters, calibration_parameter(likelihood)]
        ),
        _bound(codes.UPPER_UNCERTAINTY, written.above),
        _bound(codes.LOWER_UNCERTAINTY, written.below),
    ]
    return number(name, written.value, codes.PERCENT, children=children)


def _bound(name: Code, distance: float) -> NumContentItem:
    """Make one row 5 of TID 310: the distance from the value, in the value's own unit."""
    return number(name, distance, codes.PERCENT, HAS_PROPERTIES)

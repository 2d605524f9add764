"""The facts of a stored report, for answers: read from the report, never computed anew."""

from mammovlm.explanation.facts import SIDES, BreastScore, Facts, score_range
from mammovlm.findings import BreastFindings, DensityCategory, Likelihood
from mammovlm.question import AskedQuestion, ReportedLikelihood
from mammovlm.study import HANGING_ORDER, Laterality


def reported_facts(asked: AskedQuestion, suspicion_threshold: float = 0.5) -> Facts:
    """Take the facts for the patient out of what a stored report says.

    Parameters
    ----------
    asked
        With the report's density, views and likelihoods.
    suspicion_threshold
        As in `mammovlm.explanation.facts.facts_of`.
    """
    seen = {slot.laterality for slot in asked.slots}
    return Facts(
        breasts=tuple(
            BreastScore(side, score_range(_breast(asked, side), suspicion_threshold))
            for side in SIDES
            if side in seen
        ),
        missing=tuple(slot for slot in HANGING_ORDER if slot not in asked.slots),
        density=DensityCategory(asked.density) if asked.density else None,
    )


def _breast(asked: AskedQuestion, side: Laterality) -> BreastFindings:
    told = {one.name: one for one in asked.likelihoods if one.laterality is side}
    return BreastFindings(
        side, None, _likelihood(told.get("presence")), _likelihood(told.get("suspicion"))
    )


def _likelihood(told: ReportedLikelihood | None) -> Likelihood | None:
    return Likelihood(told.value, told.low, told.high, calibrated=False) if told else None

"""What the likelihoods suggest: a category per breast, and the status of the whole report.

A likelihood suggests something only where its whole interval lies on one side of the
threshold. In between it is indeterminate, and the report then shows the number alone.
"""

from pydicom.sr.coding import Code

from mammovlm.findings import BreastFindings, Findings, Likelihood
from mammovlm.results import codes
from mammovlm.results.percent import WrittenLikelihood, percent


def suggested_category(breast: BreastFindings, threshold: float) -> Code | None:
    """Suggest BI-RADS 3 or 4 (CID 6026) for one breast, or nothing.

    The likelihood of 4 against 3 holds "given that something is there to assess". So nothing is
    suggested for a breast in which the presence of a finding is not itself clear, and an
    uncalibrated likelihood, whose threshold means nothing, suggests nothing either.
    """
    if breast.suspicion is None or not breast.suspicion.calibrated:
        return None
    if breast.presence is not None and not is_above(breast.presence, threshold):
        return None
    if is_above(breast.suspicion, threshold):
        return codes.CATEGORY_4
    if is_below(breast.suspicion, threshold):
        return codes.CATEGORY_3
    return None


def is_above(likelihood: Likelihood, threshold: float) -> bool:
    """Tell whether the whole interval, as written, lies above the threshold."""
    return WrittenLikelihood.of(likelihood).low > percent(threshold)


def is_below(likelihood: Likelihood, threshold: float) -> bool:
    """Tell whether the whole interval, as written, lies below the threshold."""
    return WrittenLikelihood.of(likelihood).high < percent(threshold)


def processing_summary(findings: Findings, threshold: float) -> Code:
    """Say how the analysis went (CID 6047).

    "Without findings" is said only where it is safe: where the presence of a finding was
    assessed and is clearly low in every breast, or where no head looked for one at all. An
    indeterminate presence counts as a finding, for a person to look at, and so does a region.
    """
    if not _has_any_number(findings):
        return codes.NONE_SUCCEEDED
    found = any(_may_hold_finding(breast, threshold) for breast in findings.breasts) or any(
        view.regions for view in findings.views
    )
    if findings.is_partial:
        return codes.PARTIAL_WITH_FINDINGS if found else codes.PARTIAL_WITHOUT_FINDINGS
    return codes.SUCCEEDED_WITH_FINDINGS if found else codes.SUCCEEDED_WITHOUT_FINDINGS


def _may_hold_finding(breast: BreastFindings, threshold: float) -> bool:
    if breast.presence is not None:
        return not is_below(breast.presence, threshold)
    return breast.suspicion is not None and not is_below(breast.suspicion, threshold)


def _has_any_number(findings: Findings) -> bool:
    of_views = any(v.density or v.suspicion is not None for v in findings.views)
    of_breasts = any(b.density or b.presence or b.suspicion for b in findings.breasts)
    return bool(findings.density or of_views or of_breasts)

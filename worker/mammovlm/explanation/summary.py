"""The summary for the radiologist: every number of the findings in sentences from templates."""

from collections import Counter
from collections.abc import Iterable, Iterator

from mammovlm.explanation.federal import PROVIDER_SENTENCES
from mammovlm.explanation.sentences import Sentences, SummaryWords
from mammovlm.findings import BreastFindings, Findings, Likelihood
from mammovlm.study import Laterality


def summary_of(findings: Findings, sentences: Sentences) -> str:
    """Word the findings for a radiologist.

    Parameters
    ----------
    findings
        Of one study.
    sentences
        The language.

    Returns
    -------
    str
        Density with its federal sentence, likelihoods with intervals, experts, what is missing
        and why, what the numbers rest on, and that this is for research.
    """
    return sentences.between.join(_lines(findings, sentences.summary))


def _lines(findings: Findings, words: SummaryWords) -> Iterator[str]:
    yield from _density(findings, words)
    presence = ((breast.laterality, breast.presence) for breast in findings.breasts)
    yield from _likelihoods(words.presence, presence, words)
    suspicion = ((breast.laterality, breast.suspicion) for breast in findings.breasts)
    yield from _likelihoods(words.suspicion, suspicion, words)
    yield words.experts.format(items=_experts(findings, words))
    if findings.missing:
        yield words.missing.format(items=", ".join(map(str, findings.missing)))
    if findings.left_out:
        reasons = Counter(image.reason.value.replace("-", " ") for image in findings.left_out)
        items = ", ".join(f"{count} {reason}" for reason, count in reasons.items())
        yield words.left_out.format(items=items)
    if findings.not_available:
        yield words.not_available.format(items=", ".join(findings.not_available))
    yield findings.algorithm.training_note
    yield words.identity.format(
        name=findings.algorithm.name,
        version=findings.algorithm.version,
        preset=findings.algorithm.preset,
    )
    yield words.disclaimer


def _density(findings: Findings, words: SummaryWords) -> Iterator[str]:
    if findings.density is None:
        return
    items = [_density_of_breast(breast, words) for breast in findings.breasts if breast.density]
    yield words.density.format(
        category=findings.density.category,
        probability=_percent(findings.density.probability),
        breasts="".join(f", {item}" for item in items),
    )
    yield PROVIDER_SENTENCES[findings.density.category]


def _density_of_breast(breast: BreastFindings, words: SummaryWords) -> str:
    density = breast.density
    if density is None:
        return ""
    return words.density_of_breast.format(
        side=words.sides[breast.laterality],
        category=density.category,
        probability=_percent(density.probability),
    )


def _likelihoods(
    sentence: str,
    likelihoods: Iterable[tuple[Laterality, Likelihood | None]],
    words: SummaryWords,
) -> Iterator[str]:
    items = [
        words.likelihood.format(
            side=words.sides[side],
            value=_percent(likelihood.value),
            low=_percent(likelihood.low),
            high=_percent(likelihood.high),
            calibration=words.calibrated if likelihood.calibrated else words.not_calibrated,
        )
        for side, likelihood in likelihoods
        if likelihood is not None
    ]
    if items:
        yield sentence.format(items="; ".join(items))


def _experts(findings: Findings, words: SummaryWords) -> str:
    views_of: dict[str, list[str]] = {}
    for view in findings.views:
        views_of.setdefault(view.expert, []).append(str(view.slot))
    return "; ".join(
        words.expert.format(expert=expert, views=", ".join(views))
        for expert, views in views_of.items()
    )


def _percent(value: float) -> str:
    """Write 0..1 as whole percent, as the structured report's readers see it."""
    return f"{100 * value:.0f}"

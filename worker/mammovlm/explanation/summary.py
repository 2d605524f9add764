"""The summary for the radiologist: every number of the findings in sentences from templates."""

from collections import Counter
from collections.abc import Iterable, Iterator

from mammovlm.explanation.federal import PROVIDER_SENTENCES
from mammovlm.findings import BreastFindings, Findings, Likelihood
from mammovlm.study import Laterality
from mammovlm.words import Sentences


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
        Density with its sentence (that of United States law where it holds), likelihoods with
        intervals, experts, what is missing and why, what the numbers rest on, and that this is
        for research.
    """
    return sentences.form.between.join(_lines(findings, sentences))


def _lines(findings: Findings, sentences: Sentences) -> Iterator[str]:
    words, names = sentences.summary, sentences.names
    yield from _density(findings, sentences)
    presence = ((breast.laterality, breast.presence) for breast in findings.breasts)
    yield from _likelihoods(words.presence, presence, sentences)
    suspicion = ((breast.laterality, breast.suspicion) for breast in findings.breasts)
    yield from _likelihoods(words.suspicion, suspicion, sentences)
    yield words.experts.format(items=_experts(findings, sentences))
    if findings.missing:
        yield words.missing.format(items=names.enumeration.join(map(str, findings.missing)))
    yield from _left_out(findings, sentences)
    if findings.not_available:
        heads = map(names.head, findings.not_available)
        yield words.not_available.format(items=names.enumeration.join(heads))
    yield sentences.note_of(findings.algorithm.training_note)
    yield words.identity.format(
        name=findings.algorithm.name,
        version=findings.algorithm.version,
        preset=findings.algorithm.preset,
    )
    yield words.disclaimer


def _density(findings: Findings, sentences: Sentences) -> Iterator[str]:
    if findings.density is None:
        return
    items = [_density_of_breast(one, sentences) for one in findings.breasts if one.density]
    category = findings.density.category
    yield sentences.summary.density.format(
        category=category,
        probability=_percent(findings.density.probability),
        breasts="".join(f"{sentences.names.comma}{item}" for item in items),
    )
    if sentences.us_density_law:
        yield PROVIDER_SENTENCES[category]
    else:
        yield sentences.summary.density_sentences[category]


def _density_of_breast(breast: BreastFindings, sentences: Sentences) -> str:
    density = breast.density
    if density is None:
        return ""
    return sentences.summary.density_of_breast.format(
        side=sentences.names.sides[breast.laterality],
        category=density.category,
        probability=_percent(density.probability),
    )


def _likelihoods(
    sentence: str,
    likelihoods: Iterable[tuple[Laterality, Likelihood | None]],
    sentences: Sentences,
) -> Iterator[str]:
    words = sentences.summary
    items = [
        words.likelihood.format(
            side=sentences.names.sides[side],
            value=_percent(likelihood.value),
            low=_percent(likelihood.low),
            high=_percent(likelihood.high),
            calibration=words.calibrated if likelihood.calibrated else words.not_calibrated,
        )
        for side, likelihood in likelihoods
        if likelihood is not None
    ]
    if items:
        yield sentence.format(items=sentences.names.semicolon.join(items))


def _experts(findings: Findings, sentences: Sentences) -> str:
    names, views_of = sentences.names, dict[str, list[str]]()
    for view in findings.views:
        views_of.setdefault(view.expert, []).append(str(view.slot))
    return names.semicolon.join(
        sentences.summary.expert.format(expert=expert, views=names.enumeration.join(views))
        for expert, views in views_of.items()
    )


def _left_out(findings: Findings, sentences: Sentences) -> Iterator[str]:
    words, names = sentences.summary, sentences.names
    reasons = Counter(names.reason(image.reason) for image in findings.left_out)
    items = (
        words.left_out_item.format(count=count, reason=reason) for reason, count in reasons.items()
    )
    if reasons:
        yield words.left_out.format(items=names.enumeration.join(items))


def _percent(value: float) -> str:
    """Write 0..1 as whole percent, as the structured report's readers see it."""
    return f"{100 * value:.0f}"

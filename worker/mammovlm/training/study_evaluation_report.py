"""The evaluation as markdown: which weights, which data, and every measure beside its baseline."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from mammovlm.findings import Algorithm, DensityCategory
from mammovlm.training.evaluation import Measured
from mammovlm.training.evaluation_binary import FEWEST, MEASURES, Ranking
from mammovlm.training.evaluation_calibration import Calibration
from mammovlm.training.evaluation_density import DensityResult
from mammovlm.training.markdown_tables import table
from mammovlm.training.study_evaluation_measures import (
    EvaluationResult,
    FilmResult,
    HeadResult,
    MalignancyResult,
)

_WHY = {
    "file-missing": "a file that the manifest names is not there",
    "not-dicom": "none of the exam's files is DICOM",
    "internal-error": "a fault of the software; tried again at the next call",
}


@dataclass(frozen=True)
class EvaluationHead:
    """What stands on top of a report.

    Parameters
    ----------
    algorithm
        Who was measured.
    data
        On what, one sentence.
    are_phantoms
        Whether no exam is real.
    date
        ISO 8601.
    draws
        Of the bootstrap.
    """

    algorithm: Algorithm
    data: str
    are_phantoms: bool
    date: str
    draws: int


def weights_hash(algorithm: Algorithm) -> str:
    """Give one hash for all parts: SHA-256 over their names and hashes, 12 digits."""
    told = "\n".join(f"{part.name} {part.weights_sha256}" for part in algorithm.parts)
    return hashlib.sha256(told.encode()).hexdigest()[:12]


def evaluation_markdown(
    head: EvaluationHead,
    result: EvaluationResult | None,
    films: FilmResult | None,
    plots: Sequence[str] = (),
    sections: Sequence[str] = (),
) -> str:
    """Word an evaluation.

    Parameters
    ----------
    result, films
        None where not measured.
    plots
        File names beside the report.
    sections
        Lines of further sections.
    """
    lines = [*_top(head, result)]
    if result is not None:
        lines += _exams(result)
        lines += _density(result.density)
        for name, each in result.heads.items():
            lines += _head(name, each)
        lines += _malignancy(result.malignancy)
    if films is not None:
        lines += _films(films)
    lines += sections
    for name in plots:
        lines += ["", f"![{name.removesuffix('.png').replace('_', ' ')}]({name})"]
    return "\n".join([*lines, *_parts(head.algorithm)]) + "\n"


def _top(head: EvaluationHead, result: EvaluationResult | None) -> Iterator[str]:
    algorithm = head.algorithm
    kind = "phantoms (simulated images), no patient" if head.are_phantoms else "real exams"
    yield "# MammoVLM, measured"
    yield ""
    yield (
        "**Research use only, not for clinical use.** These numbers hold for the weights and the "
        "data named here and for no others."
    )
    if head.are_phantoms and result is not None:
        yield "**All exams are phantoms: nothing here says how well patients are read.**"
    yield ""
    yield f"- Weights: `{weights_hash(algorithm)}` ({algorithm.name} {algorithm.version}, preset "
    yield f"  `{algorithm.preset}`, device UID {algorithm.device_uid})"
    yield f"- Trained on: {algorithm.training_note}"
    yield f"- Data: {head.data}; {kind}" if result is not None else f"- Data: {head.data}"
    if result is not None:
        yield (
            f"- n: {result.exams} exams asked for; {result.studies} studies ({result.breasts} "
            f"breasts) of {result.patients} patients assessed"
        )
    yield f"- Date: {head.date}"
    yield (
        f"- Intervals: 95 %, bootstrap over patients, {head.draws} draws. No AUC where fewer than "
        f"{FEWEST} are of either class. Image and header as the worker reads them, no report, "
        "where a table does not say otherwise."
    )


def _exams(result: EvaluationResult) -> Iterator[str]:
    yield from ("", "## Exams", "")
    yield f"- refused: {sum(result.refusals.values())}"
    for reason, count in result.refusals.items():
        yield f"  - {reason}: {count}" + (f" ({_WHY[reason]})" if reason in _WHY else "")
    yield f"- studies without all four views: {result.partial}"
    if result.sides_without_label:
        yield (
            f"- breasts whose side the manifest does not name: {result.sides_without_label} "
            "(not measured; compare the manifest's laterality with the headers)"
        )
    if result.seconds is not None:
        yield f"- seconds per study, reading and model, median: {result.seconds:.1f}"


def _density(results: Mapping[str, DensityResult]) -> Iterator[str]:
    if not results:
        return
    yield from ("", "## Density", "")
    titles = ("per", "n (patients)", "accuracy", "majority", "within one", "quadratic kappa")
    yield from table(
        titles,
        [
            (
                unit,
                f"{each.cases} ({each.patients})",
                each.accuracy,
                f"{each.majority_accuracy:.3f}",
                each.within_one,
                each.quadratic_kappa,
            )
            for unit, each in results.items()
        ],
    )
    yield from ("", "Each category against the others, AUC of its probability:", "")
    yield from table(
        ("per", *DensityCategory),
        [
            (
                unit,
                *(_auc(each.one_against_rest[letter], counts=True) for letter in DensityCategory),
            )
            for unit, each in results.items()
        ],
    )
    for unit, each in results.items():
        yield from ("", f"Confusion per {unit} (rows: label, columns: as told):", "")
        rows = zip(DensityCategory, each.confusion, strict=True)
        yield from table(("", *DensityCategory), [(letter, *row) for letter, row in rows])


def _head(name: str, head: HeadResult) -> Iterator[str]:
    ranked = head.ranking
    yield from ("", f"## {name.capitalize()}: {head.asked}", "")
    yield (
        f"{ranked.cases} breasts of {ranked.patients} patients, {ranked.positives} positive. "
        f"AUC {_auc(ranked)} (chance 0.5)."
    )
    yield ""
    yield from table(
        ("threshold", *MEASURES, "majority ACC"),
        [
            (
                f"{point.threshold:.3f} ({point.name})",
                *(_or_dash(point.measures[each]) for each in MEASURES),
                f"{point.majority_accuracy:.3f}",
            )
            for point in head.points
        ],
    )
    yield from _calibration(head.calibration)
    yield from ("", "Parts of the data:", "")
    yield from table(
        ("by", "", "breasts", "positive", "AUC"),
        [
            (each.kind, each.value, each.ranking.cases, each.ranking.positives, _auc(each.ranking))
            for each in head.slices
        ],
    )


def _calibration(known: Calibration) -> Iterator[str]:
    yield ""
    yield (
        f"Calibration: Brier {known.brier} (always the share of positives: "
        f"{known.brier_of_prevalence:.3f}), expected calibration error {known.expected_error:.3f}."
    )
    yield ""
    yield from table(
        ("likelihood", "n", "mean likelihood", "share of positives"),
        [
            (
                f"{each.low:.1f} to {each.high:.1f}",
                each.cases,
                _share(each.likelihood),
                _share(each.share),
            )
            for each in known.bins
        ],
    )


def _malignancy(results: Sequence[MalignancyResult]) -> Iterator[str]:
    if not results:
        return
    yield from ("", "## Malignant against benign (by biopsy, else by outcome)", "")
    yield (
        "`rule_out_at_20`: the threshold that clears 20 % of the non-malignant, found on these "
        "very cases; told is the share of malignant NOT cleared. A score that knows nothing keeps "
        "0.800. A study's score is that of its higher breast."
    )
    yield ""
    yield from table(
        ("score", "per", "n", "malignant", "AUC", "threshold", "cleared", "rule_out_at_20"),
        [_malignancy_row(each) for each in results],
    )


def _malignancy_row(result: MalignancyResult) -> tuple[object, ...]:
    ranked, ruled = result.ranking, result.rule_out
    told = ("–", "–", _TOO_FEW)
    if ruled is not None:
        told = (f"{ruled.threshold:.4f}", f"{ruled.cleared:.3f}", str(ruled.kept))
    return (result.score, result.unit, ranked.cases, ranked.positives, _auc(ranked), *told)


def _films(films: FilmResult) -> Iterator[str]:
    yield from ("", f"## Real films, one view each: mini-MIAS ({films.films} films)", "")
    yield "The density weights may have been trained on these films; heads and lesion finders not."
    yield ""
    yield from table(
        ("question", "result", "chance"),
        [(name, value, f"{chance:.3f}") for name, (value, chance) in films.measured.items()],
    )


def _parts(algorithm: Algorithm) -> Iterator[str]:
    yield from ("", "## Parts of the model", "")
    yield from table(
        ("part", "architecture", "SHA-256", "trained on"),
        [
            (part.name, part.architecture, (part.weights_sha256 or "–")[:12], part.trained_on)
            for part in algorithm.parts
        ],
    )


_TOO_FEW = "– (too few)"


def _auc(ranked: Ranking, *, counts: bool = False) -> str:
    told = _TOO_FEW if ranked.auc is None else str(ranked.auc)
    return f"{told}, n = {ranked.positives}" if counts else told


def _or_dash(measured: Measured | None) -> str:
    return "–" if measured is None else str(measured)


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"

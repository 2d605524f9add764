"""The evaluation's pictures: ROC, reliability, confusion, ruling out; each beside its baseline."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import matplotlib as mpl
import numpy as np
from matplotlib import pyplot
from sklearn.metrics import roc_curve

from mammovlm.findings import DensityCategory
from mammovlm.training.evaluation_binary import Cases, Ranking, has_enough
from mammovlm.training.evaluation_density import DensityResult
from mammovlm.training.evaluation_rule_out import CLEARED_SHARE, kept_share
from mammovlm.training.study_evaluation_measures import EvaluationResult, HeadResult

_COLOURS: Final = ("#0b5fa5", "#c2571a", "#3b7d3b")
_GREY: Final = "#777777"
_SIZE: Final = (5.2, 4.6)


def draw_plots(result: EvaluationResult, folder: Path, data: str) -> tuple[str, ...]:
    """Draw what there are enough cases for.

    Parameters
    ----------
    folder
        Where the PNG files go.
    data
        Stands under every title, so that a picture alone does not mislead: "60 phantoms".

    Returns
    -------
    tuple of str
        File names.
    """
    mpl.use("Agg")
    drawn = {
        "roc.png": _roc(result),
        "reliability.png": _reliability(result.heads),
        "density_confusion.png": _confusion(result.density),
        "rule_out.png": _rule_out(result),
    }
    for name, figure in drawn.items():
        if figure is None:
            (folder / name).unlink(missing_ok=True)  # of an earlier run with more exams
            continue
        figure.suptitle(f"{data} · research use only", fontsize=8, color=_GREY)
        figure.tight_layout()
        figure.savefig(folder / name, dpi=130)
        pyplot.close(figure)
    return tuple(name for name, figure in drawn.items() if figure is not None)


def _roc(result: EvaluationResult) -> Any | None:  # noqa: ANN401 - matplotlib has no types
    curves: dict[str, tuple[Cases, Ranking]] = {
        name: (head.cases, head.ranking) for name, head in result.heads.items()
    }
    for each in result.malignancy[:1]:
        curves[f"malignancy per {each.unit}"] = (each.cases, each.ranking)
    shown = {name: each for name, each in curves.items() if each[1].auc is not None}
    if not shown:
        return None
    figure, axes = pyplot.subplots(figsize=_SIZE)
    for colour, (name, (cases, ranked)) in zip(_COLOURS, shown.items(), strict=False):
        false_alarms, found, _ = roc_curve(cases.labels, cases.scores)
        axes.plot(false_alarms, found, color=colour, label=f"{name}: AUC {ranked.auc}")
    axes.plot([0, 1], [0, 1], "--", color=_GREY, label="chance: AUC 0.500")
    _square(axes, "1 − specificity", "sensitivity", "ROC")
    axes.legend(loc="lower right", fontsize=7)
    return figure


def _reliability(heads: Mapping[str, HeadResult]) -> Any | None:  # noqa: ANN401
    if not heads:
        return None
    figure, all_axes = pyplot.subplots(
        2, len(heads), figsize=(4.2 * len(heads), 5.2), height_ratios=(3, 1), squeeze=False,
        sharex="col",
    )  # fmt: skip
    for column, (name, head) in enumerate(heads.items()):
        upper, lower = all_axes[0][column], all_axes[1][column]
        bins = [each for each in head.calibration.bins if each.cases]
        share = head.ranking.positives / head.ranking.cases
        upper.plot([0, 1], [0, 1], "--", color=_GREY, label="perfect")
        upper.axhline(share, color=_GREY, linewidth=0.8, label=f"share of positives {share:.2f}")
        upper.plot(
            [each.likelihood for each in bins], [each.share for each in bins],
            "o-", color=_COLOURS[column], label=f"Brier {head.calibration.brier.value:.3f}",
        )  # fmt: skip
        _square(upper, "", "share of positives", f"Reliability: {name}")
        upper.legend(loc="upper left", fontsize=7)
        middles = [(each.low + each.high) / 2 for each in head.calibration.bins]
        counts = [each.cases for each in head.calibration.bins]
        bars = lower.bar(middles, counts, width=0.09, color=_COLOURS[column])
        lower.bar_label(bars, fontsize=7)
        lower.set(xlabel="likelihood", ylabel="breasts", ylim=(0, max(counts) * 1.25))
    return figure


def _confusion(density: Mapping[str, DensityResult]) -> Any | None:  # noqa: ANN401
    if "study" not in density:
        return None
    counts = np.array(density["study"].confusion)
    shares = counts / np.maximum(counts.sum(1, keepdims=True), 1)
    figure, axes = pyplot.subplots(figsize=_SIZE)
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for (row, column), count in np.ndenumerate(counts):
        colour = "white" if shares[row, column] > 0.6 else "black"
        axes.text(column, row, str(count), ha="center", va="center", color=colour)
    letters = [str(letter) for letter in DensityCategory]
    axes.set_xticks(range(len(letters)), letters)
    axes.set_yticks(range(len(letters)), letters)
    kappa = density["study"].quadratic_kappa
    axes.set(xlabel="density as told", ylabel="density by label")
    axes.set_title(f"Density per study, quadratic kappa {kappa}", fontsize=9)
    return figure


def _rule_out(result: EvaluationResult) -> Any | None:  # noqa: ANN401
    studies = [each for each in result.malignancy if each.unit == "study"]
    shown = [each for each in studies if has_enough(each.cases.labels)]
    if not shown:
        return None
    cleared = np.linspace(0, 1, 101)
    figure, axes = pyplot.subplots(figsize=_SIZE)
    for colour, each in zip(_COLOURS, shown, strict=False):
        kept = [kept_share(each.cases.labels, each.cases.scores, float(s)) for s in cleared]
        axes.plot(cleared, kept, color=colour, label=each.score)
    axes.plot([0, 1], [1, 0], "--", color=_GREY, label="chance")
    axes.axvline(CLEARED_SHARE, color=_GREY, linewidth=0.8)
    for each in shown[:1]:
        told = f"rule_out_at_20 of {each.score}:\n{each.rule_out.kept if each.rule_out else ''}"
        axes.annotate(told, (CLEARED_SHARE + 0.02, 0.3), fontsize=7)
    _square(
        axes,
        "share of non-malignant studies cleared",
        "share of malignant NOT cleared",
        "Ruling out",
    )
    axes.legend(loc="lower left", fontsize=7)
    return figure


def _square(axes: Any, across: str, upward: str, title: str) -> None:  # noqa: ANN401
    axes.set(xlim=(0, 1), ylim=(0, 1.02), xlabel=across, ylabel=upward)
    axes.set_title(title, fontsize=10)
    axes.grid(visible=True, linewidth=0.3)

"""The tables of `mammovlm.training.side_by_side` in markdown."""

from collections.abc import Iterator, Mapping

from mammovlm.findings import DensityCategory
from mammovlm.training.evaluation import BinaryResult
from mammovlm.training.evaluation_binary import Ranking
from mammovlm.training.markdown_tables import table
from mammovlm.training.side_by_side import ANY, SideBySide


def side_by_side_lines(found: SideBySide) -> Iterator[str]:
    """Word what was measured; nothing where nothing was."""
    if any(found.inputs.values()):
        yield from ("", "## What the scores rest on", "")
        yield (
            "Only the first row is what the worker does. A report is never there when a study "
            "arrives; here it describes and does not assess. Without an image every view shows "
            "the mean of all: an AUC far from 0.5 there says that the text tells the label. "
            "Thresholds were fixed beforehand: those stored with the weights, else the stated."
        )
        for head, rows in found.inputs.items():
            yield from ("", f"Head `{head}`:", "")
            yield from _inputs(rows) if rows else ("too few of one class.",)
    if any(found.experts.values()):
        yield from ("", "## Every expert on every density (as labelled)", "")
        for head, experts in found.experts.items():
            yield from ("", f"Head `{head}`, AUC; in bold where the route goes:", "")
            yield from _experts(experts, found.routes)
            yield from ("", *_best(found, head))


def _inputs(rows: Mapping[str, BinaryResult]) -> list[str]:
    measures = ("AUC", "balanced accuracy", "ACC", "majority ACC", "SEN", "SPC")
    return table(
        ("given", "breasts (positive)", *measures),
        [
            (
                name,
                f"{each.cases} ({each.positives})",
                each.auc,
                f"{each.balanced_accuracy:.3f}",
                f"{each.accuracy:.3f}",
                f"{each.majority_accuracy:.3f}",
                f"{each.sensitivity:.3f}",
                f"{each.specificity:.3f}",
            )
            for name, each in rows.items()
        ],
    )


def _experts(experts: Mapping[str, Mapping[str, Ranking]], routes: Mapping[str, str]) -> list[str]:
    columns = (ANY, *map(str, DensityCategory))
    rows = [
        (name, *(_cell(by_density[each], is_route=routes.get(each) == name) for each in columns))
        for name, by_density in experts.items()
    ]
    return table(("expert", *columns), rows)


def _cell(ranked: Ranking, *, is_route: bool) -> str:
    if ranked.auc is None:
        return f"– (too few: {ranked.positives} of {ranked.cases})"
    told = f"**{ranked.auc}**" if is_route else str(ranked.auc)
    return f"{told}, n = {ranked.cases}"


def _best(found: SideBySide, head: str) -> Iterator[str]:
    """Say whether the routes follow what was measured."""
    for density, route in sorted(found.routes.items()):
        best = found.best_expert(head, density)
        if best is not None:
            agrees = "as routed" if best == route else f"but the route goes to {route}"
            yield f"- {density}: highest with {best}, {agrees}"

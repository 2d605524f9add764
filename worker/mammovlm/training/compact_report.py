"""The numbers of a `compact` run as JSON and as markdown tables, phantoms and real images apart."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
from scipy.stats import spearmanr
from sklearn.metrics import cohen_kappa_score

from mammovlm.model.density_selector import DensityHead
from mammovlm.model.heads import HEAD_NAMES
from mammovlm.training.ablation import AblationRow
from mammovlm.training.compact_joint import JointOutcome
from mammovlm.training.compact_run import (
    Collected,
    CompactConfig,
    SelectorOutcome,
    density_sources,
)
from mammovlm.training.density_stage import (
    cross_validated,
    density_logits,
    expected_category,
    film_result,
    fit_density_head,
)
from mammovlm.training.joint_data import study_densities
from mammovlm.training.joint_evaluation import JointResult, joint_results
from mammovlm.training.pointing_game import pointing_game
from mammovlm.training.setting_choice import ComparedSetting

Metrics = dict[str, Any]


def compact_metrics(
    collected: Collected,
    selector: SelectorOutcome,
    outcome: JointOutcome,
    ablated: Sequence[AblationRow],
    config: CompactConfig,
) -> Metrics:
    """Measure everything that the model card reports."""
    results = joint_results(
        outcome.model,
        outcome.heads,
        outcome.data.rows(outcome.women.validation),
        outcome.data.rows(outcome.women.test),
        outcome.fallback,
        fallback_expert=outcome.preset.fallback,
    )
    return {
        "patients": {
            "lesions": len(collected.lesions),
            "train": len(collected.train),
            "validation": len(collected.validation),
            "test": len(collected.test),
        },
        "density_phantoms": _density_on_phantoms(collected, selector.head),
        "density_films": _density_on_films(collected, selector, config),
        "density_temperature": selector.temperature,
        "settings": [_setting_numbers(each) for each in outcome.settings],
        "routes": {str(density): asdict(route) for density, route in outcome.choice.items()},
        "ablation": [row.as_dict() for row in ablated],
        "heads": {name: _as_numbers(result) for name, result in results.items()},
        "pointing_game": asdict(
            pointing_game(
                collected.phantoms.rows(collected.test),
                outcome.women.seen.rows(outcome.women.test).peaks,
            )
        ),
    }


def _density_on_phantoms(collected: Collected, selector: DensityHead) -> Metrics:
    """Measure the study's density (denser breast) on test phantoms."""
    rows = collected.test
    told, _ = study_densities(selector, collected.phantoms.selector[rows])
    true = [max(collected.phantoms.truths[row].densities) for row in rows.tolist()]
    counts = np.zeros((4, 4), dtype=int)
    np.add.at(counts, (true, told), 1)
    shares = np.bincount(true, minlength=4) / len(true)
    return {
        "studies": len(true),
        "accuracy": float(np.mean(np.equal(true, told))),
        "majority_accuracy": float(shares.max()),
        "within_one": float(np.mean(np.abs(np.subtract(true, told)) <= 1)),
        "quadratic_kappa": float(cohen_kappa_score(true, told, weights="quadratic")),
        "confusion": counts.tolist(),
    }


def _density_on_films(
    collected: Collected, selector: SelectorOutcome, config: CompactConfig
) -> Metrics:
    """Measure transfer to mini-MIAS: without films, with films only, with both."""
    films, images = collected.mini_mias, collected.mini_mias.images(config.film_weight)
    if not films.films:
        return {}
    others = density_sources(collected, config, films=False)
    phantoms_only = fit_density_head(others[:1], config.density)
    logits = {
        "phantoms only (no film seen)": density_logits(phantoms_only, images.features),
        "films only, 5-fold by woman": cross_validated(films.films, images, [], config.density),
        "phantoms + films, 5-fold by woman": cross_validated(
            films.films, images, others[:1], config.density
        ),
    }
    if len(others) > 1:
        without = fit_density_head(others, config.density)
        logits["phantoms + M-SYNTH (no film seen)"] = density_logits(without, images.features)
    if selector.film_logits is not None:
        logits["all sources, 5-fold by woman (the shipped recipe)"] = selector.film_logits
    return {
        name: _film_numbers(collected, expected_category(told)) for name, told in logits.items()
    }


def _film_numbers(collected: Collected, expected: np.ndarray) -> Metrics:
    films = collected.mini_mias.films
    letters = np.array(["FGD".index(film.tissue) for film in films])
    rank = spearmanr(expected, letters).statistic
    return asdict(film_result(films, expected)) | {"rank_correlation": float(rank)}


def _setting_numbers(compared: ComparedSetting) -> Metrics:
    trained = compared.trained
    result = trained.pretraining
    numbers = asdict(result) | {"alarm": result.alarm} if result else None
    beyond = asdict(compared.beyond) if compared.beyond else None
    measured = {"auc": dict(trained.auc), "beyond": beyond, "pretraining": numbers}
    return asdict(trained.setting) | measured


def _as_numbers(result: JointResult) -> Metrics:
    return {
        "threshold": result.threshold,
        "rows": {name: row.as_dict() for name, row in result.rows.items()},
    }


def markdown_tables(metrics: Metrics) -> str:
    """Word the metrics as markdown."""
    lines = [
        *("### Density on held-out phantoms", "", *_phantom_table(metrics["density_phantoms"])),
        *("", "### Density on real films (mini-MIAS)", ""),
        *_film_table(metrics["density_films"]),
    ]
    for name, head in metrics["heads"].items():
        lines += ["", f"### Head `{name}` on held-out phantoms", "", *_head_table(head)]
    lines += [
        "",
        "### Pointing game on held-out phantoms",
        "",
        *_game_table(metrics["pointing_game"]),
    ]
    lines += ["", "### Routes, chosen on training women by AUC of BI-RADS 4 against 3", ""]
    lines += _route_table(metrics["routes"])
    lines += ["", "### Each density against the others, AUC of the experts' last maps", ""]
    lines += _recognition_table(metrics["routes"])
    lines += ["", "### Ablation of UMiCon on held-out phantoms", "", *_ablation_table(metrics)]
    lines += ["", "### Settings of UMiCon, AUC on validation patients (the first was kept)", ""]
    lines += _settings_table(metrics["settings"])
    return "\n".join(lines) + "\n"


def _phantom_table(phantoms: Metrics) -> list[str]:
    keys = ("accuracy", "majority_accuracy", "within_one", "quadratic_kappa")
    titles = ("studies", "accuracy", "majority baseline", "within one", "quadratic kappa")
    row = (phantoms["studies"], *(f"{phantoms[key]:.3f}" for key in keys))
    confusion = f"Confusion (rows: truth A–D, columns: predicted A–D): {phantoms['confusion']}"
    return [*_table(titles, [row]), "", confusion]


def _film_table(films: Metrics) -> list[str]:
    titles = ("trained on", "F against D, AUC [95 %]", "three-class balanced accuracy")
    rows = [
        (
            name,
            _interval(row["fatty_against_dense"]),
            f"{row['balanced_accuracy']:.3f}",
            f"{row['rank_correlation']:.2f}",
        )
        for name, row in films.items()
    ]
    return _table((*titles, "rank corr."), rows)


def _head_table(head: Mapping[str, Any]) -> list[str]:
    columns = ("balanced_accuracy", "sensitivity", "specificity", "accuracy", "majority_accuracy")
    rows = [
        (
            name,
            f"{row['cases']} ({row['positives']} positive, {row['patients']} patients)",
            _interval(row["auc"]),
            *(f"{row[key]:.3f}" for key in columns),
            f"{row['brier']:.3f}",
        )
        for name, row in head["rows"].items()
    ]
    titles = ("given", "breasts", "AUC [95 %]", "bal. acc.", "SEN", "SPC", "ACC", "majority ACC")
    return [*_table((*titles, "Brier"), rows), "", f"Threshold {head['threshold']:.3f}, fixed on "
            "validation patients."]  # fmt: skip


def _game_table(game: Mapping[str, Any]) -> list[str]:
    rows = [("all", game["views"], _interval(game["hits"]))]
    rows += [(kind, views, f"{hits:.3f}") for kind, (views, hits) in game["by_kind"].items()]
    told = f"A cell drawn anywhere in the breast hits in {game['chance']:.3f} of the views."
    return [*_table(("lesion", "views", "hits [95 %]"), rows), "", told]


def _route_table(routes: Mapping[str, Any]) -> list[str]:
    names = sorted({name for route in routes.values() for name in route["auc"]})
    rows = [
        (
            density,
            f"{route['breasts']} ({route['positive']})",
            *(_interval(route["auc"][name]) if route["auc"] else "–" for name in names),
            route["expert"],
        )
        for density, route in routes.items()
    ]
    return _table(("density", "breasts (positive)", *names, "route"), rows)


def _recognition_table(routes: Mapping[str, Any]) -> list[str]:
    names = sorted({name for route in routes.values() for name in route["recognised"]})
    rows = [
        (density, *(_interval(told[name]) if told else "–" for name in names))
        for density, route in routes.items()
        for told in [route["recognised"]]
    ]
    return _table(("density", *names), rows)


def _ablation_table(metrics: Metrics) -> list[str]:
    titles = ("trained", *(f"{name}, AUC [95 %] (each seed)" for name in HEAD_NAMES))
    rows = [
        (
            row["name"],
            *(
                f"{_interval(row['auc'][name])} "
                f"({', '.join(f'{value:.3f}' for value in row['by_seed'][name])})"
                for name in HEAD_NAMES
            ),
            *_pretrained_cells(row),
        )
        for row in metrics["ablation"]
    ]
    return _table((*titles, "spread", "own report among five nearest"), rows)


def _pretrained_cells(row: Mapping[str, Any]) -> tuple[str, str]:
    spread, retrieved = row["spread"], row["retrieved"]
    collapsed = " (collapsed)" if row["alarm"] else ""
    return (
        "–" if spread is None else f"{spread:.2f}{collapsed}",
        "–" if retrieved is None else f"{retrieved:.3f}",
    )


def _settings_table(settings: Sequence[Mapping[str, Any]]) -> list[str]:
    rows = [
        (
            each["pooling"],
            "yes" if each["unimodal"] or each["multimodal"] else "no",
            each["contrast"],
            each["report_share"],
            *(f"{value:.3f}" for value in each["auc"].values()),
            _interval(each["beyond"]) if each["beyond"] else "–",
        )
        for each in settings
    ]
    titles = ("pooling", "stage S1", "contrast", "reports in S2", *HEAD_NAMES)
    return _table((*titles, "mean beyond the whole method's [95 %]"), rows)


def _interval(measured: Mapping[str, float]) -> str:
    return f"{measured['value']:.3f} [{measured['low']:.3f}, {measured['high']:.3f}]"


def _table(titles: Sequence[object], rows: Sequence[Sequence[object]]) -> list[str]:
    lines = [titles, ["---"] * len(titles), *rows]
    return [f"| {' | '.join(str(cell) for cell in line)} |" for line in lines]

"""``python -m mammovlm.training.train_compact``: the weights of `compact`, from nothing."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path

import click
import torch
from rich.console import Console
from rich.progress import Progress as Bars
from rich.progress import TaskID, TimeElapsedColumn

from mammovlm.model.presets import Preset
from mammovlm.settings import Settings
from mammovlm.training.ablation import ROWS, AblationRow, ablation
from mammovlm.training.compact_joint import (
    JointOutcome,
    RoutedExperts,
    joint_women,
    routed_by_auc,
    train_joint_parts,
    train_lesion_experts,
)
from mammovlm.training.compact_report import Metrics, compact_metrics, markdown_tables
from mammovlm.training.compact_run import (
    SETTINGS,
    Collected,
    CompactConfig,
    Progress,
    Run,
    collect,
    train_selector,
)
from mammovlm.training.contrast import Negatives
from mammovlm.training.features import CompactEncoders
from mammovlm.training.hybrids import women_of_hybrids
from mammovlm.training.joint_settings import JointWomen, Setting
from mammovlm.training.lesion_stage import LesionExpert
from mammovlm.training.loss_curves import LossCurves
from mammovlm.training.phantom_embeddings import write_embeddings
from mammovlm.training.phantom_exams import phantoms_fingerprint
from mammovlm.training.written_weights import TrainedPart, write_weights

_FOLDER = click.Path(path_type=Path, file_okay=False)


@click.command()
@click.option(
    "--phantoms", default=CompactConfig.phantoms, show_default=True, help="Number of phantom exams."
)
@click.option(
    "--first-seed",
    default=CompactConfig.first_seed,
    show_default=True,
    help="Seed of the first phantom.",
)
@click.option("--mini-mias", type=_FOLDER, default=None, help="Local copy of mini-MIAS.")
@click.option("--victre", type=_FOLDER, default=None, help="Local copy of M-SYNTH.")
@click.option(
    "--hybrids",
    default=CompactConfig.hybrids,
    show_default=True,
    help="Phantom lesions in normal films of mini-MIAS, for the experts: exams of four pictures.",
)
@click.option(
    "--mode",
    type=click.Choice(["negatives", "label", "positives_only"]),
    default="negatives",
    show_default=True,
    help="S1 pushes apart: other patients; those of another label; nobody, as the paper prints it.",
)
@click.option("--out", type=_FOLDER, required=True, help="Folder for weights and card.")
@click.option("--work", type=_FOLDER, required=True, help="Folder for features and the run.")
@click.option("--threads", default=0, help="CPU threads; 0: one per core.")
def main(
    *,
    phantoms: int,
    first_seed: int,
    mini_mias: Path | None,
    victre: Path | None,
    hybrids: int,
    mode: Negatives,
    out: Path,
    work: Path,
    threads: int,
) -> None:
    """Train every part of `compact` but the language model.

    Density head, experts with their lesion finders, UMiCon, text projection, fusion and heads. A
    run that was stopped goes on from its checkpoints and cached features.
    """
    if hybrids and not mini_mias:
        raise click.UsageError("--hybrids needs --mini-mias")
    if threads:
        torch.set_num_threads(threads)
    config = CompactConfig(phantoms, first_seed, hybrids=hybrids, settings=_with(mode))
    console, curves = Console(), LossCurves(work / "run")
    with Bars(*Bars.get_default_columns(), TimeElapsedColumn(), console=console) as bars:
        progress = _bars(bars)
        encoders = CompactEncoders(Settings().cache_dir)
        folders = {"mini-MIAS": mini_mias, "M-SYNTH": victre}
        collected = collect(config, encoders, folders, work, progress)
        selector = train_selector(collected, config, curves.note)
        run = Run(config, work, progress, curves.note)
        experts = train_lesion_experts(collected, selector.head, encoders, run)
        routed = routed_by_auc(collected, selector.head, experts, encoders.preset, run)
        women = joint_women(collected, selector.head, routed, run)
        outcome = train_joint_parts(women, routed, run)
        sources = _sources(collected, folders, hybrids)
        embeddings = work / "run" / "embeddings.safetensors"
        write_embeddings(embeddings, collected, selector.head, outcome, trained_on=sources["heads"])
        _write(out, selector.head.state_dict(), experts, outcome, sources)
        ablated = _ablated(women, routed, run, mode)
    metrics = compact_metrics(collected, selector, outcome, ablated, config)
    _write_run(curves, config, metrics)
    write_weights(out, {}, training_note(sources, metrics), _thresholds(metrics))
    console.print(markdown_tables(metrics), markup=False)
    for line in warnings(outcome, encoders.preset):
        console.print(line, style="bold", markup=False)


def _ablated(
    women: JointWomen, routed: RoutedExperts, run: Run, mode: Negatives
) -> list[AblationRow]:
    rows = {name: replace(each, mode=mode) for name, each in ROWS.items()}
    return ablation(
        women,
        routed.experts,
        routed.preset,
        config=run.config.joint,
        told=run.progress,
        settings=rows,
    )


def _with(mode: Negatives) -> tuple[Setting, ...]:
    """Give the settings that are tried, with whom S1 pushes apart."""
    return tuple(replace(each, mode=mode) for each in SETTINGS)


def _bars(bars: Bars) -> Progress:
    tasks: dict[str, TaskID] = {}

    def told(stage: str, done: int, total: int) -> None:
        if stage not in tasks:
            tasks[stage] = bars.add_task(stage, total=total)
        bars.update(tasks[stage], completed=done)

    return told


def _sources(
    collected: Collected, folders: Mapping[str, Path | None], hybrids: int
) -> dict[str, str]:
    """Say of each stage what it learned from."""
    lesions, others = len(collected.lesions), len(collected.train)
    both = f"{lesions + others} simulated exams (phantoms)"
    real = {
        "mini-MIAS": "81 women's films (mini-MIAS)",
        "M-SYNTH": "100 in-silico images (M-SYNTH)",
    }
    women = len(women_of_hybrids(collected.mini_mias.films))
    set_in = (
        f" and {hybrids} hybrids (simulated lesions in normal films of {women} women, mini-MIAS)"
        if hybrids
        else ""
    )
    return {
        "experts": f"ImageNet, then {lesions} simulated exams (phantoms){set_in}",
        "heads": f"{others} simulated exams (phantoms)",
        "joint": both + set_in,
        "density": _listed([both, *(real[name] for name, given in folders.items() if given)]),
    }


def _listed(names: Sequence[str]) -> str:
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last


def _write(
    out: Path,
    selector: dict[str, torch.Tensor],
    experts: Mapping[str, LesionExpert],
    outcome: JointOutcome,
    sources: dict[str, str],
) -> None:
    model, joint, few = outcome.model, sources["joint"], sources["heads"]
    heads = {
        f"{name}.{key}": tensor
        for name, head in outcome.heads.items()
        for key, tensor in head.state_dict().items()
    }
    parts = {
        "density_selector": TrainedPart(selector, sources["density"]),
        "umicon": TrainedPart(
            model.umicon.state_dict(),
            joint,
            tuple(outcome.preset.experts),
            outcome.preset.routes,
        ),
        "text_branch": TrainedPart(model.text_branch.state_dict(), few),
        "fusion": TrainedPart(model.fusion.state_dict(), few),
        "heads": TrainedPart(heads, few),
    }
    for name, expert in experts.items():
        backbone = expert.encoder.backbone.state_dict()
        parts[f"expert_{name}"] = TrainedPart(backbone, sources["experts"])
    write_weights(out, parts)


def training_note(sources: Mapping[str, str], metrics: Metrics) -> str:
    """Word what the numbers rest on and what they were worth, as every report prints it."""
    aucs = [head["rows"]["image + metadata"]["auc"] for head in metrics["heads"].values()]
    measured = " and ".join(
        f"{auc['value']:.2f} ({auc['low']:.2f} to {auc['high']:.2f})" for auc in aucs
    )
    return (
        f"The density categories rest on {sources['density']}. The likelihoods of a finding and of "
        f"BI-RADS 4 against 3 were trained on {sources['joint']} only and never on a patient's "
        f"finding; on phantoms held out their AUC was {measured}. On real images they show that "
        "the method runs, and no more. Research use only, not for clinical use."
    )


def _thresholds(metrics: Metrics) -> dict[str, float]:
    """Give each head's operating point, found on validation women."""
    return {name: head["threshold"] for name, head in metrics["heads"].items()}


def _write_run(curves: LossCurves, config: CompactConfig, metrics: Metrics) -> None:
    folder = curves.folder
    folder.mkdir(parents=True, exist_ok=True)
    told = asdict(config) | {"phantoms_sha256": phantoms_fingerprint(), "torch": torch.__version__}
    (folder / "config.json").write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")
    (folder / "metrics.json").write_text(json.dumps(metrics, indent=2) + "\n", encoding="utf-8")
    (folder / "tables.md").write_text(markdown_tables(metrics), encoding="utf-8")
    plot_stages(curves)


def plot_stages(curves: LossCurves) -> None:
    """Draw the losses of S0, of the lesions, of S1 with its spread, and of S2."""
    epoch = {"across": "epoch"}
    for stage, up in (
        ("S1", "contrast"),
        ("spread", "distance of patients"),
        ("S2", "validation loss"),
    ):
        curves.plot(curves.folder / f"loss-{stage}.png", (stage,), up=up, **epoch)
    curves.plot(curves.folder / "loss-S0.png", ("S0",), across="evaluation", up="loss")
    curves.plot(curves.folder / "loss-lesions.png", ("lesions",), across="step", up="loss")


def warnings(outcome: JointOutcome, preset: Preset) -> list[str]:
    """Say where the embedding went constant in stage S1, and what the code must say, if it must."""
    lines = [
        f"S1 with {each.setting.mode}: embeddings of different patients lie "
        f"{each.pretraining.spread:.2f} apart, the map goes constant"
        for each in (compared.trained for compared in outcome.settings)
        if each.pretraining and each.pretraining.alarm
    ]
    kept = outcome.preset.umicon.pooling
    if kept != preset.umicon.pooling:
        lines.append(f"presets.py must say pooling={kept!r} for these weights")
    return lines


if __name__ == "__main__":
    main()

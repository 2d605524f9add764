"""S0 to S2 at full size, with tiny networks: the last stage leaves weights that a worker loads."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from click.testing import CliRunner
from safetensors.torch import load_file

from mammogram_files import four_views
from mammovlm.cli import main
from mammovlm.errors import WeightsUnusable
from mammovlm.model import MammoVLM, parts
from mammovlm.model.presets import PRESETS
from mammovlm.settings import Settings
from mammovlm.training import train_full_size
from mammovlm.training.explanation_pairs import read_exams
from mammovlm.training.full_size.chosen_exams import phantom_split
from mammovlm.training.full_size.phantom_source import PhantomTraining
from mammovlm.training.full_size.seen_exams import Look
from mammovlm.training.full_size.sizes import sizes_of
from mammovlm.training.full_size.steps import FullSizePlace, new_accelerator
from mammovlm.training.full_size.text_tokens import tokeniser_of
from mammovlm.training.full_size.weights_folder import (
    ExamSplit,
    StageFiles,
    write_weights_folder,
)
from mammovlm.training.loss_curves import LossCurves
from paper_weights import write_text_encoder
from simulated_studies import simulated_study
from tiny_phantoms import tiny_phantoms

_SIZES = sizes_of("tiny")
_UMICON = replace(_SIZES.preset.umicon, size=128)
TINY = replace(_SIZES, preset=replace(_SIZES.preset, umicon=_UMICON))
HELD_OUT = range(100, 140)
ANOTHER = range(200, 240)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> StageFiles:
    """All stages by their command, on phantoms of which too few are held out to calibrate."""
    work = tmp_path_factory.mktemp("run")
    bert = str(write_text_encoder(work / "bert", TINY))
    files = StageFiles(work / "S0.safetensors", work / "S2.safetensors", Path(bert))
    last = ("--before", str(work / "S1.safetensors"), "--weights", str(work / "weights"))
    more = {
        "S0": (),
        "S1": ("--text-encoder", bert, "--mode", "label"),
        "S2": ("--text-encoder", bert, *last, "--selector", str(files.selector)),
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(train_full_size, "sizes_of", lambda _: TINY)
        patch.setattr(train_full_size, "_exams", lambda seeds, *_: tiny_phantoms(seeds, work / "v"))
        for stage, options in more.items():
            done = CliRunner().invoke(
                train_full_size.main,
                [
                    *("--stage", stage, "--work", str(work), "--phantoms", "24"),
                    *("--first-seed", "0", "--epochs", "1", "--batch", "6", "--at-once", "6"),
                    *("--precision", "no", "--out", str(work / f"{stage}.safetensors"), *options),
                ],
            )
            assert done.exit_code == 0, done.output
    return files


def split(trained: StageFiles, folder: Path, **seeds: range) -> ExamSplit:
    tokenise = tokeniser_of(trained.text_encoder, 16)
    sources = {
        name: PhantomTraining(tiny_phantoms(some, folder / name), "S0", tokenise, (2, 2, 2, 2))
        for name, some in seeds.items()
    }
    return ExamSplit(**sources)


LOOK = Look(FullSizePlace(new_accelerator("no", cpu=True), readers=0), at_once=8)


@pytest.fixture(autouse=True)
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "PRESETS", {**PRESETS, "paper": TINY.preset})


def test_a_stage_goes_on_where_the_one_before_ended(trained: StageFiles) -> None:
    one, two = (load_file(trained.joint.with_stem(stage)) for stage in ("S1", "S2"))
    changed = {name.split(".")[1] for name in one if not torch.equal(one[name], two[name])}
    unseen = [name for name in one if name.startswith(("experts.clip", "joint.umicon.adapters"))]
    assert {"convnext", "umicon", "text_branch", "fusion", "heads"} <= changed
    assert all(torch.equal(one[name], two[name]) for name in unseen)


def test_the_last_stage_leaves_weights_that_analyse_a_study(
    trained: StageFiles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    exams = split(trained, tmp_path, training=range(24), validation=HELD_OUT, test=ANOTHER)
    weights = tmp_path / "weights"
    card = write_weights_folder(
        weights, trained, TINY, exams, LOOK, limits="A test.", embeddings=tmp_path / "e.safetensors"
    )
    for_s3 = read_exams(tmp_path / "e.safetensors")
    assert (len(for_s3.training), len(for_s3.held_out)) == (24, 80)
    assert for_s3.trained_on == "19 simulated exams (phantoms)"
    assert card.parts["umicon"].experts == ("convnext",)
    assert set(card.thresholds) == {"presence", "suspicion"}
    assert "19 simulated exams (phantoms); on exams held out their AUC was 0." in card.training_note
    monkeypatch.setenv("MAMMOVLM_PRESET", "paper")
    monkeypatch.setenv("MAMMOVLM_WEIGHTS_DIR", str(weights))
    (exam := tmp_path / "exam").mkdir()
    for number, image in enumerate(four_views()):
        image.save_as(exam / f"{number}.dcm", enforce_file_format=True)
    done = CliRunner().invoke(main, ["analyze", str(exam), "--out", str(tmp_path / "out")])
    assert done.exit_code == 0, done.output
    (told,) = (tmp_path / "out").glob("*.json")
    document = json.loads(told.read_text())
    assert document["density"]["category"] in set("ABCD")
    for breast in document["breasts"]:
        for head in ("presence", "suspicion"):
            number = breast[head]
            assert 0 <= number["low"] <= number["value"] <= number["high"] <= 1


def test_heads_without_patients_to_calibrate_them_give_no_number_and_the_card_says_so(
    trained: StageFiles,
) -> None:
    weights = trained.selector.parent / "weights"
    note = json.loads((weights / "card.json").read_text())["training_note"]
    assert "no likelihood of a finding and none of BI-RADS 4 against 3" in note
    assert "Nothing was learned from a patient" in note
    model = MammoVLM.load(Settings(preset="paper", weights_dir=weights))
    findings = model.assess(simulated_study()).findings
    assert findings.not_available == ("presence", "suspicion")
    assert findings.density is not None


def test_patients_that_a_stage_has_learned_from_calibrate_nothing(
    trained: StageFiles, tmp_path: Path
) -> None:
    exams = split(trained, tmp_path, training=range(40), validation=range(18, 22), test=HELD_OUT)
    with pytest.raises(WeightsUnusable, match="S0 has learned from 1 of the 44 patients"):
        write_weights_folder(tmp_path / "weights", trained, TINY, exams, LOOK)


def test_of_very_few_phantoms_none_is_held_out(tmp_path: Path) -> None:
    exams = tiny_phantoms(range(2), tmp_path / "v")
    split = phantom_split(exams, "S0", lambda texts: torch.ones(len(texts), 1), (2, 2, 2, 2))
    assert [len(each) for each in (split.training, split.validation, split.test)] == [2, 0, 0]


def test_every_stage_leaves_a_run_folder_with_its_settings_curves_and_plots(
    trained: StageFiles,
) -> None:
    for stage in ("S0", "S1", "S2"):
        run = trained.selector.parent / f"run-{stage}"
        config = json.loads((run / "config.json").read_text())
        assert (config["stage"], config["batch"], config["exams"]) == (stage, 6, 19)
        assert config["mode"] == ("label" if stage == "S1" else "negatives")
        curves = LossCurves(run).read()
        assert set(curves) == ({"S1", "S1 spread"} if stage == "S1" else {stage})
        assert [step for step, _ in curves[stage]] == [1, 2, 3]
        assert (run / "loss.png").read_bytes().startswith(b"\x89PNG")
        assert (run / "spread.png").exists() == (stage == "S1")


def test_what_another_stage_left_is_refused(trained: StageFiles, tmp_path: Path) -> None:
    swapped = StageFiles(trained.joint, trained.selector, trained.text_encoder)
    exams = split(trained, tmp_path, training=range(4), validation=HELD_OUT, test=ANOTHER)
    with pytest.raises(WeightsUnusable, match="is what S2 left; that of S0 is needed"):
        write_weights_folder(tmp_path / "weights", swapped, TINY, exams, LOOK)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ("--stage S2 --text-encoder . --embeddings e.safetensors", "go with --weights"),
        ("--stage S0 --selector SOME", "go with --weights"),
        ("--stage S2 --text-encoder . --before nowhere", "does not exist"),
        ("--stage S2 --text-encoder . --weights w --selector nowhere", "does not exist"),
    ],
)
def test_what_a_stage_would_miss_or_ignore_at_its_end_is_refused_before_it(
    options: str, told: str, tmp_path: Path
) -> None:
    work = tmp_path / "work"
    asked = [
        *options.replace("SOME", __file__).split(),
        "--work",
        str(work),
        "--out",
        str(tmp_path / "out"),
    ]
    refused = CliRunner().invoke(train_full_size.main, asked)
    assert refused.exit_code == 2
    assert told in refused.output
    assert not work.exists()

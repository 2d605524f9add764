"""Training at full size: every stage runs, and processes or parts change nothing but the time."""

import json
import os
import subprocess
import sys
from dataclasses import asdict, replace
from datetime import timedelta
from pathlib import Path
from typing import Any, get_args

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from mammovlm.training.contrast import Negatives
from mammovlm.training.dry_run import STAGES, DryRun, dry_run
from mammovlm.training.full_size.exams import RandomExams
from mammovlm.training.full_size.losses import PretrainingLoss
from mammovlm.training.full_size.networks import JointNetwork
from mammovlm.training.full_size.phantom_source import PhantomTraining
from mammovlm.training.full_size.plan import FULL_SIZE, PLANS, StagePlan
from mammovlm.training.full_size.random_start import random_exams, random_vision
from mammovlm.training.full_size.sizes import sizes_of
from mammovlm.training.full_size.spread_alarm import SpreadAlarm
from mammovlm.training.full_size.stage_run import FirstWeights, run_stage
from mammovlm.training.full_size.steps import (
    FullSizePlace,
    new_accelerator,
    rate_share,
    rows_of_step,
    train_full_size,
)
from mammovlm.training.loss_curves import LossCurves
from mammovlm.training.made_of import aside
from mammovlm.training.phantom_exams import PhantomExams
from mammovlm.training.shared_batches import shares_of
from tiny_phantoms import tiny_phantoms

STEPS, BATCH = 3, 4
TINY = sizes_of("tiny")
NOISE = RandomExams(TINY.preset.height, TINY.preset.width, 3, TINY.text.vocab_size, tokens=8)
LAUNCH = (
    *("-m", "accelerate.commands.launch", "--multi_gpu", "--num_machines", "1"),
    *("--mixed_precision", "no", "--dynamo_backend", "no", "--main_process_port", "0"),
)


@pytest.fixture(scope="module")
def alone() -> dict[str, DryRun]:
    """Every stage in one process that works on a whole batch at once."""
    accelerator = new_accelerator("no", cpu=True)
    plans = {stage: replace(TINY.plans[stage], batch=BATCH, at_once=BATCH) for stage in STAGES}
    return {
        stage: dry_run(stage, "tiny", plan, STEPS, accelerator) for stage, plan in plans.items()
    }


def test_every_stage_takes_steps_and_says_what_they_cost(alone: dict[str, DryRun]) -> None:
    for stage, run in alone.items():
        assert len(run.losses) == len(run.seconds) == STEPS
        assert len(set(run.losses)) == STEPS, f"{stage} changed nothing"
        assert run.memory_gib > 0
        assert f"{stage}, tiny size, random weights and data, CPU" in str(run)


def test_two_processes_with_a_part_at_a_time_take_the_steps_that_one_takes(
    alone: dict[str, DryRun], tmp_path: Path
) -> None:
    options = ("--size", "tiny", "--cpu", "--steps", str(STEPS), "--batch", str(BATCH))
    # where there is no GPU the launcher for several GPUs starts the same processes, over gloo
    told = subprocess.run(
        [
            *(sys.executable, *LAUNCH, "--num_processes", "2", "-m", "mammovlm.training.dry_run"),
            *(*options, "--at-once", "1", "--json", str(tmp_path / "two.json")),
        ],
        env=os.environ | {"ACCELERATE_USE_CPU": "true", "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=560,
        check=False,
    )
    assert told.returncode == 0, told.stderr[-3000:]
    shared: list[dict[str, Any]] = json.loads((tmp_path / "two.json").read_text())
    assert [run["stage"] for run in shared] == list(STAGES)
    for run in shared:
        assert (run["processes"], run["at_once"]) == (2, 1)
        # the second and third loss come after updates, so they agree where gradients do
        assert run["losses"] == pytest.approx(asdict(alone[run["stage"]])["losses"], abs=1e-4)


def test_a_stopped_stage_ends_where_a_whole_one_does(tmp_path: Path) -> None:
    plan = replace(TINY.plans["S0"], batch=2, at_once=2)

    def trained(name: str, *stops: int) -> torch.Tensor:
        for steps in stops:
            torch.manual_seed(0)
            loss = random_vision("S0", TINY, plan)
            accelerator = new_accelerator("no", cpu=True)
            place = FullSizePlace(accelerator, tmp_path / name, readers=0)
            train_full_size(loss, random_exams("S0", TINY), plan, steps, place)
        return torch.cat([weights.detach().flatten() for weights in loss.parameters()])

    assert torch.allclose(trained("whole", 4), trained("stopped", 2, 4), atol=1e-6)


def test_the_checkpoint_of_another_run_is_kept_aside_and_the_stage_begins_anew(
    tmp_path: Path,
) -> None:
    plan = replace(TINY.plans["S0"], batch=2, at_once=2, epochs=1)
    steps: list[int] = []
    accelerator = new_accelerator("no", cpu=True)
    checkpoint = tmp_path / "S0.checkpoint.safetensors"
    place = FullSizePlace(accelerator, checkpoint, readers=0)
    place.progress = lambda step, _: steps.append(step)

    def run(count: int, plan: StagePlan) -> None:
        torch.manual_seed(0)
        run_stage(
            "S0",
            TINY,
            plan,
            replace(NOISE, count=count),
            first=FirstWeights(),
            place=place,
            learned_from="noise",
            out=tmp_path / "S0.safetensors",
        )

    run(2, plan)
    run(2, replace(plan, at_once=1))
    assert steps == [1], "in smaller parts it is the same run, which had nothing left to do"
    run(4, plan)
    assert steps == [1, 1, 2]
    assert aside(checkpoint).is_file()
    run(4, replace(plan, rate=1e-4))
    assert steps == [1, 1, 2, 1, 2]


def test_only_the_adapters_of_experts_that_see_exams_are_scaled() -> None:
    network = JointNetwork(TINY.preset, TINY.text)
    network.fit_scale(random_exams("S2", TINY).batch(range(2), step=0), 2, experts=[2])
    fitted = {
        name: bool((network.joint.umicon.adapter(name).spread != 1).any())
        for name in network.experts
    }
    assert fitted == {"clip": False, "dinov2": False, "convnext": True}


def test_processes_wait_for_the_phantoms_longer_than_drawing_them_takes() -> None:
    accelerator = new_accelerator("no", cpu=True)
    assert accelerator.init_handler is not None
    assert accelerator.init_handler.timeout >= timedelta(hours=6)


def test_a_map_that_goes_constant_raises_the_alarm_once() -> None:
    told: list[str] = []
    alarm = SpreadAlarm(100, told.append)
    for step in range(1, 101):
        alarm.note(step, 0.9 if step < 60 else 0.1)
    assert len(told) == 1
    assert "--mode negatives" in told[0]
    quiet = SpreadAlarm(300, told.append)
    for step in range(1, 301):
        quiet.note(step, 0.01 if step < 8 else 1.2)
    assert not quiet.raised, "random weights may begin close"


def test_stage_s1_pushes_apart_whom_its_mode_says_and_tells_the_spread() -> None:
    torch.manual_seed(0)
    network = JointNetwork(TINY.preset, TINY.text)
    batch = random_exams("S1", TINY).batch(range(3), step=0)
    network.eval()
    values = {}
    for mode in get_args(Negatives):
        loss = PretrainingLoss(network, 3, mode)
        with torch.no_grad():
            values[mode] = float(loss(batch))
        image = network.embeddings(batch.views, batch.experts).detach()
        patients = torch.arange(3).repeat_interleave(4)
        apart = torch.cdist(image, image)[patients[:, None] != patients[None, :]]
        assert loss.spread == pytest.approx(float(apart.mean()), abs=1e-3)
    assert values["positives_only"] < min(values["negatives"], values["label"])
    assert values["negatives"] != values["label"]


def test_a_short_plan_is_the_papers_with_fewer_epochs() -> None:
    for stage, plan in PLANS["short"].items():
        assert plan.epochs <= 8
        longer = replace(plan, epochs=FULL_SIZE[stage].epochs, drop_after=100)
        assert longer == FULL_SIZE[stage]


def test_a_run_that_was_stopped_leaves_one_curve(tmp_path: Path) -> None:
    curves = LossCurves(tmp_path)
    for step in (1, 2, 3):
        curves.note("S1, setting 1", step, 9.0)
    for step in (2, 3):
        curves.note("S1, setting 1", step, 1.0)
    assert curves.read() == {"S1, setting 1": [(1, 9.0), (2, 1.0), (3, 1.0)]}
    curves.plot(tmp_path / "S2.png", ("S2",), across="step", up="loss")
    assert not (tmp_path / "S2.png").exists()


@pytest.fixture(scope="module")
def phantoms(tmp_path_factory: pytest.TempPathFactory) -> PhantomExams:
    return tiny_phantoms(range(4), tmp_path_factory.mktemp("phantoms") / "views.safetensors")


def words_by_length(texts: list[str]) -> torch.Tensor:
    """Tokenise by the length of each word."""
    numbers = [torch.tensor([min(len(word), 59) for word in text.split()]) for text in texts]
    return torch.nn.utils.rnn.pad_sequence(numbers, batch_first=True)[:, :16]


def test_a_phantom_is_the_same_in_every_process_and_another_at_every_step(
    phantoms: PhantomExams,
) -> None:
    source = PhantomTraining(phantoms, "S1", words_by_length, routes=(2, 2, 2, 2))
    both, alone, later = (source.batch(*asked) for asked in (([0, 1], 5), ([1], 5), ([1], 6)))
    assert torch.equal(both.copies[1:], alone.copies)
    assert not torch.equal(alone.copies, later.copies)
    assert torch.equal(alone.views, later.views)


def test_processes_that_cannot_share_a_batch_are_told_how_many_can() -> None:
    with pytest.raises(ValueError, match="start 1, 2, 3 or 6 of them"):
        shares_of(FULL_SIZE["S0"].batch, processes=4, process=0, parts=1)


@given(st.integers(1, 8), st.integers(1, 12), st.integers(1, 15))
def test_the_parts_of_all_processes_are_the_batch(processes: int, own: int, parts: int) -> None:
    batch = processes * own
    shares = [
        share for each in range(processes) for share in shares_of(batch, processes, each, parts)
    ]
    assert [row for share in shares for row in range(batch)[share]] == list(range(batch))


@given(st.integers(1, 7), st.integers(1, 60), st.integers(0, 3))
def test_an_epoch_shows_no_exam_twice(batch: int, more: int, epoch: int) -> None:
    exams = batch + more
    steps = exams // batch
    rows = [
        row
        for step in range(epoch * steps, (epoch + 1) * steps)
        for row in rows_of_step(step, batch, exams)
    ]
    assert len(set(rows)) == len(rows) == steps * batch


def test_the_rate_rises_in_six_steps_and_falls_to_a_tenth_after_a_hundred_epochs() -> None:
    shares = [rate_share(step, steps_per_epoch=3, plan=FULL_SIZE["S2"]) for step in range(400)]
    assert shares[:6] == pytest.approx([n / 6 for n in range(1, 7)])
    assert set(shares[6:300]) == {1.0}
    assert set(shares[300:]) == {0.1}

"""`mammovlm bench-model` measures tiny networks of the paper's classes and writes a page."""

import json
from pathlib import Path

import pytest
import torch
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from mammovlm.cli import main
from mammovlm.cli.model_bench.bandwidth import bytes_per_token
from mammovlm.cli.model_bench.language import WORKER_WIDTH
from mammovlm.cli.model_bench.random_folder import write_random_folder
from mammovlm.cli.model_bench.subject import RANDOM, random_subject
from mammovlm.cli.model_bench.timing import Spread, StageClock
from mammovlm.model import MammoVLM, parts
from mammovlm.model.device import CPU
from mammovlm.model.made_up_study import made_up_input, made_up_request
from mammovlm.model.presets import PRESETS
from mammovlm.model.soft_prefix import word_embeddings_of
from mammovlm.settings import Settings
from mammovlm.study import HANGING_ORDER
from tiny_language_models import tiny_model


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> tuple[Result, Path]:
    out = tmp_path_factory.mktemp("bench")
    return CliRunner().invoke(main, ["bench-model", "--tiny", "--out", str(out)]), out


def test_the_page_names_device_load_and_every_measure(ran: tuple[Result, Path]) -> None:
    result, out = ran
    assert result.exit_code == 0, result.output
    (page,) = out.glob("*.md")
    told = page.read_text()
    for measure in (
        *("no explanation, batch 1", "an explanation of 6 tokens, batch 1", "6 tokens, batch 2"),
        *("networks and an explanation of 6 tokens, batch 2", "11 wide as the worker on a GPU"),
        *("writes 6 tokens a study", "cold start | not measured: random weights"),
        *("memory bandwidth, triad", "tokens/s", "share of the limit", "peak memory"),
        *("JPEG 2000 lossless", "bottleneck", "density selector", "Load average"),
    ):
        assert measure in told, measure


def test_no_number_of_random_weights_stands_without_saying_so(ran: tuple[Result, Path]) -> None:
    (page,) = ran[1].glob("*.md")
    rows = [line for line in page.read_text().splitlines() if line.startswith("|")]
    numbers = [row for row in rows if any(digit in row for digit in "0123456789")]
    assert numbers
    for row in numbers:
        assert RANDOM in row or "memory bandwidth" in row, row


def test_the_figures_are_there_for_programs_too(ran: tuple[Result, Path]) -> None:
    (path,) = ran[1].glob("*.json")
    (measured,) = json.loads(path.read_text())["measured"]
    assert measured["left_out"] == ""
    told = [(words["studies"], words["width"]) for words in measured["words"]]
    assert told == [(1, 1), (2, 1), (1, WORKER_WIDTH), (2, WORKER_WIDTH)]
    assert measured["reads_beside_words"]
    for vision in measured["vision"]:
        assert vision["assessed"]["median"] > 0
        assert set(vision["stages"]) >= {"density selector", "expert", "fusion"}


def test_random_weights_written_to_files_load_as_a_sites_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    subject = random_subject("tiny", CPU)
    write_random_folder(subject, tmp_path)
    monkeypatch.setattr(parts, "PRESETS", {**PRESETS, "paper": subject.preset})
    loaded = MammoVLM.load(Settings(preset="paper", weights_dir=tmp_path, device="cpu"))
    loaded.warm_up()
    (output,) = loaded.assess_together([made_up_input(subject.preset)])
    assert output.findings.not_available == ()
    slots = HANGING_ORDER[:2]
    assert loaded.parts.language_model.part.trained_on == RANDOM
    assert isinstance(loaded.write(made_up_request(subject.preset, slots)), str)


def test_a_token_reads_all_weights_but_word_embeddings_of_their_own() -> None:
    tied, own = tiny_model("llama"), tiny_model("glm")
    all_of = [sum(each.nbytes for each in model.parameters()) for model in (tied, own)]
    assert bytes_per_token(tied) == all_of[0]
    assert bytes_per_token(own) == all_of[1] - word_embeddings_of(own).weight.nbytes


def test_a_clock_adds_up_and_leaves_nothing_behind() -> None:
    layer, clock = torch.nn.Linear(2, 2), StageClock(torch.device("cpu"))
    with clock.watching([(layer, "forward", "linear")]):
        layer(torch.ones(1, 2))
        once = clock.seconds["linear"]
        layer(torch.ones(1, 2))
    assert clock.seconds["linear"] > once > 0
    assert "forward" not in vars(layer)


def test_a_stage_within_another_counts_once() -> None:
    clock, inner = StageClock(torch.device("cpu")), torch.nn.Linear(2, 2)
    outer = torch.nn.Sequential(inner)
    with clock.watching([(inner, "forward", "inner"), (outer, "forward", "outer")]):
        outer(torch.ones(1, 2))
    assert set(clock.seconds) == {"outer"}


@given(st.lists(st.floats(0.001, 1000), min_size=1, max_size=9))
def test_a_spread_holds_its_median_between_its_extremes(values: list[float]) -> None:
    spread = Spread.of(values)
    assert spread.low <= spread.median <= spread.high
    assert spread.repeats == len(values)

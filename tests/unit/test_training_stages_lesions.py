"""The stage that teaches experts where lesions are."""

import dataclasses
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from mammovlm.model.encoders import Encoder, create_encoder
from mammovlm.model.lesion_finder import KINDS
from mammovlm.model.presets import PRESETS
from mammovlm.training.lesion_patches import CELL, another_appearance, cell_labels, patch_batches
from mammovlm.training.lesion_stage import LesionConfig, LesionExpert, LesionWomen, train_experts
from mammovlm.training.phantom_exams import COLUMNS, ROWS, ExamTruth, PhantomExams, SeenLesion

SIZE = 64


def _truth(exam: int, lesions: tuple[SeenLesion, ...], suspicious: int = 1) -> ExamTruth:
    return ExamTruth(exam, (1, 1), (4, 2), (suspicious, -1), {}, lesions)


@pytest.fixture(scope="module")
def exams(tmp_path_factory: pytest.TempPathFactory) -> PhantomExams:
    """Even tissue with one bright disc in every right view, striped where it is suspicious."""
    path = tmp_path_factory.mktemp("phantoms") / "shard.safetensors"
    rng = np.random.default_rng(0)
    views = np.full((8, 4, ROWS, COLUMNS), 100, dtype=np.uint8)
    views[..., 700:] = 0
    views += rng.integers(0, 12, views.shape, dtype=np.uint8) * (views > 0)
    truths = []
    down, across = np.ogrid[:ROWS, :COLUMNS]
    for exam in range(len(views)):
        seen = []
        for view in (0, 2):
            row, column = rng.uniform(250, 750), rng.uniform(100, 400)
            disc = np.hypot(down - row, across - column) < 24
            bright = 200 + 40 * ((across // 4) % 2) * (exam % 2) + 0 * down
            views[exam, view][disc] = bright[disc]
            seen.append(SeenLesion(view, float(row), float(column), 24.0, 4 - exam % 2, "mass"))
        truths.append(_truth(exam, tuple(seen), exam % 2))
    save_file({"views": torch.from_numpy(views)}, path)
    pictures = tuple((path, row) for row in range(len(views)))
    return PhantomExams(pictures, torch.zeros(len(views), 4, 2), tuple(truths))


def _new_expert(name: str) -> Encoder:
    torch.manual_seed(0)
    return create_encoder(PRESETS["compact"].experts[name])


def test_cells_are_labelled_where_the_phantom_put_its_lesions() -> None:
    share = torch.ones(ROWS // CELL, COLUMNS // CELL)
    share[:, 80:] = 0.0
    truth = _truth(
        1,
        (
            SeenLesion(2, 80.0, 48.0, 3.0, 4, "calcifications"),
            SeenLesion(0, 400.0, 160.0, 30.0, 2, "mass"),
        ),
    )
    oblique, craniocaudal = cell_labels(truth, 2, share), cell_labels(truth, 0, share)
    assert oblique.lesion[9, 5] == oblique.lesion[10, 6] == 1
    assert oblique.suspicious[10, 6] == 1
    assert oblique.kinds[10, 6] == KINDS.index("calcifications")
    assert int((oblique.lesion == 1).sum()) <= 4
    assert craniocaudal.lesion.max() == 0  # BI-RADS 2 is nothing to assess
    assert craniocaudal.suspicious.max() == -1
    assert craniocaudal.kinds[50, 20] == KINDS.index("benign")
    assert bool((oblique.lesion[:, 80:] == -1).all())


def test_the_labels_of_a_patch_are_those_of_its_part_of_the_view() -> None:
    truth = _truth(1, (SeenLesion(1, 333.0, 210.0, 40.0, 5, "mass"),))
    whole = cell_labels(truth, 1, torch.ones(ROWS // CELL, COLUMNS // CELL))
    part = cell_labels(truth, 1, torch.ones(24, 24), top=240, left=120)
    assert torch.equal(part.lesion, whole.lesion[30:54, 15:39])
    assert torch.equal(part.kinds, whole.kinds[30:54, 15:39])


def test_the_border_of_a_lesion_is_not_asked_about() -> None:
    truth = _truth(1, (SeenLesion(1, 333.0, 210.0, 40.0, 5, "mass"),))
    labels = cell_labels(truth, 1, torch.ones(ROWS // CELL, COLUMNS // CELL))
    assert labels.lesion[41, 26] == 1
    assert labels.lesion[41, 26 + 6] == -1
    assert labels.lesion[41, 26 + 12] == 0


def test_another_appearance_keeps_the_background_black() -> None:
    grey = torch.rand(1, SIZE, SIZE)
    grey[..., 40:] = 0.0
    changed = another_appearance(np.random.default_rng(3), grey)
    assert float(changed[..., 40:].abs().max()) == 0.0
    assert 0 <= float(changed.min()) <= float(changed.max()) <= 1
    assert not torch.equal(changed, grey)


def test_the_same_seed_gives_the_same_patches(exams: PhantomExams) -> None:
    def two(seed: int) -> Iterator[torch.Tensor]:
        batches = patch_batches(exams, range(8), size=SIZE, batch=3, seed=seed)
        return (batch.grey for batch in islice(batches, 2))

    assert all(torch.equal(a, b) for a, b in zip(two(1), two(1), strict=True))
    assert not all(torch.equal(a, b) for a, b in zip(two(1), two(2), strict=True))


def test_patches_come_only_from_the_women_that_may_be_seen(exams: PhantomExams) -> None:
    batches = patch_batches(exams, [3], size=SIZE, batch=16, seed=0)
    suspicious = torch.cat([batch.labels.suspicious.flatten() for batch in islice(batches, 4)])
    assert set(suspicious.unique().tolist()) == {-1.0, 1.0}  # the odd exam is suspicious


def _women(exams: PhantomExams) -> LesionWomen:
    return LesionWomen(exams, range(6), ["clip"] * 4 + ["convnext"] * 4)


CONFIG = LesionConfig(steps=40, expert_steps=4, batch=6, size=SIZE, keep_every=20)


@pytest.fixture(scope="module")
def trained(
    exams: PhantomExams, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, LesionExpert]:
    work = tmp_path_factory.mktemp("run")
    names = ("clip", "dinov2", "convnext")
    return dict(train_experts(_women(exams), _new_expert, names, config=CONFIG, work=work))


@torch.inference_mode()
def test_an_expert_learns_where_lesions_are(
    exams: PhantomExams, trained: dict[str, LesionExpert]
) -> None:
    for exam in (6, 7):
        grey = exams.views(exam)[::2, None].float() / 255
        evidence = trained["convnext"](grey)[:, 0]
        for seen, cells in zip(exams.truths[exam].lesions, evidence, strict=True):
            row, column = divmod(int(cells.argmax()), cells.shape[1])
            distance = np.hypot(CELL * (row + 0.5) - seen.row, CELL * (column + 0.5) - seen.column)
            assert distance < 2 * seen.radius


def test_an_expert_goes_on_with_its_own_women_only(trained: dict[str, LesionExpert]) -> None:
    """Nobody was routed to dinov2, so it stays what all of them began with."""
    weights = {name: expert.finder.outward.weight for name, expert in trained.items()}
    assert not torch.equal(weights["clip"], weights["dinov2"])
    assert not torch.equal(weights["convnext"], weights["dinov2"])
    assert trained["dinov2"].encoder.spec.name == "dinov2"


def test_the_finest_layers_keep_what_they_knew(trained: dict[str, LesionExpert]) -> None:
    first, learned = _new_expert("clip").backbone, trained["clip"].encoder.backbone
    before, after = first.state_dict(), learned.state_dict()
    assert torch.equal(before["conv_stem.weight"], after["conv_stem.weight"])
    changed = "blocks.4.0.conv_pw.weight"
    assert not torch.equal(before[changed], after[changed])


def test_a_checkpoint_of_other_women_is_kept_aside_and_training_begins_anew(
    exams: PhantomExams, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    config = dataclasses.replace(CONFIG, steps=1, expert_steps=0, batch=1, keep_every=1)
    points: list[tuple[str, int]] = []

    def train(rows: range) -> None:
        women = LesionWomen(exams, rows, ["clip"] * 8)
        train_experts(women, _new_expert, ("clip",), config=config, work=tmp_path,
                      curve=lambda name, step, loss: points.append((name, step)))  # fmt: skip

    train(range(3))
    train(range(3))
    assert points == [("lesions", 1)], "the same run had nothing left to do"
    assert caplog.text == ""
    train(range(4))
    assert points == [("lesions", 1)] * 2
    assert "the stage begins anew" in caplog.text
    assert (tmp_path / "lesions" / "1.safetensors.of-another-run").is_file()


def test_a_stopped_training_goes_on_from_its_checkpoint(
    exams: PhantomExams, tmp_path: Path
) -> None:
    steps: list[int] = []

    def stop(stage: str, done: int, total: int) -> None:
        steps.append(done)
        if done == 3:
            raise KeyboardInterrupt

    config = dataclasses.replace(CONFIG, steps=4, expert_steps=0, keep_every=2)
    with pytest.raises(KeyboardInterrupt):
        train_experts(_women(exams), _new_expert, ("clip",), config=config, work=tmp_path,
                      progress=stop)  # fmt: skip
    train_experts(_women(exams), _new_expert, ("clip",), config=config, work=tmp_path,
                  progress=lambda stage, done, total: steps.append(done))  # fmt: skip
    assert steps == [1, 2, 3, 3, 4]

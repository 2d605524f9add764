"""The stages at full size learn from the exams of a manifest, as far as its labels go."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from click.testing import CliRunner

from mammogram_files import four_views, save
from mammovlm.findings import DensityCategory
from mammovlm.study import HANGING_ORDER
from mammovlm.training import train_full_size
from mammovlm.training.datasets import (
    Assessment,
    ManifestRow,
    Split,
    read_manifest,
    write_manifest,
)
from mammovlm.training.full_size.chosen_exams import chosen_manifest, routes_of
from mammovlm.training.full_size.losses import PretrainingLoss, SupervisedLoss
from mammovlm.training.full_size.manifest_files import INCOMPLETE, Prepared, prepared_exams
from mammovlm.training.full_size.networks import JointNetwork
from mammovlm.training.full_size.sizes import sizes_of
from mammovlm.training.full_size.stage_record import read_stage
from paper_weights import write_text_encoder

TINY = sizes_of("tiny")
SIZE = (TINY.preset.height, TINY.preset.width)


def exam(
    folder: Path, name: str, split: Split, views: int = 4, **labels: object
) -> list[ManifestRow]:
    """Write the first views of an exam and say the same of all of them."""
    pictures = zip(HANGING_ORDER, four_views(rows=120, columns=90), strict=True)
    rows = [
        ManifestRow(
            patient=f"made up {name}",
            exam=name,
            laterality=slot.laterality,
            view=slot.position,
            file=save(picture, folder / name),
            split=split,
        )
        for slot, picture in pictures
    ][:views]
    return [replace(row, **labels) for row in rows]  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    density, report = DensityCategory.A, "There is a spiculated mass. BI-RADS 5."
    known, worst = frozenset({density}), Assessment.HIGHLY_SUGGESTIVE
    rows = [
        *exam(folder, "complete", Split.TRAIN, report=report, densities=known, birads=worst),
        *exam(folder, "another", Split.TRAIN, birads=Assessment.NEGATIVE),
        *exam(folder, "unlabelled", Split.TRAIN),
        *exam(folder, "three views", Split.TRAIN, views=3),
        *exam(folder, "kept", Split.DEV, birads=Assessment.BENIGN),
    ]
    write_manifest(folder / "exams.csv", rows)
    return folder / "exams.csv"


def words_by_length(texts: list[str]) -> torch.Tensor:
    numbers = [torch.tensor([1, *(min(len(word), 59) for word in text.split())]) for text in texts]
    return torch.nn.utils.rnn.pad_sequence(numbers, batch_first=True)[:, :16]


@pytest.fixture(scope="module")
def prepared(manifest: Path) -> Prepared:
    return prepared_exams(read_manifest(manifest), manifest.parent / "work", SIZE)


def test_an_exam_is_prepared_once_and_passed_over_where_a_view_is_missing(
    manifest: Path, prepared: Prepared
) -> None:
    assert {name: len(exams) for name, exams in prepared.exams.items()} == {
        "train": 3,
        "dev": 1,
        "test": 0,
    }
    assert prepared.passed_over == {INCOMPLETE: 1}
    files = {each.file: each.file.stat().st_mtime_ns for each in prepared.exams["train"]}
    again = prepared_exams(read_manifest(manifest), manifest.parent / "work", SIZE)
    assert {each.file: each.file.stat().st_mtime_ns for each in again.exams["train"]} == files
    patients = [each.patient for exams in prepared.exams.values() for each in exams]
    assert len(set(patients)) == 4


def test_what_the_labels_leave_open_is_asked_of_nobody(prepared: Prepared) -> None:
    routes = routes_of(TINY.preset, routed=True)
    exams = chosen_manifest(prepared, "exams", words_by_length, TINY.preset, routes)
    assert [len(exams.split(stage).training) for stage in ("S0", "S1", "S2")] == [1, 3, 2]
    source = exams.split("S1").training
    assert source.identity != exams.split("S2").training.identity
    fewer = Prepared({**prepared.exams, "train": prepared.exams["train"][:2]}, {})
    other = chosen_manifest(fewer, "exams", words_by_length, TINY.preset, routes)
    assert source.identity != other.split("S1").training.identity
    batch = source.batch([0, 1, 2], step=0)
    assert batch.views.shape == (3, 4, *SIZE)
    assert batch.copies.shape == (3, 2, 4, *SIZE)
    assert batch.presence.tolist() == [[1, 1], [0, 0], [-1, -1]]
    assert batch.suspicious.tolist() == [[1, 1], [-1, -1], [-1, -1]]
    assert batch.allowed.sum((1, 2)).tolist() == [4, 16, 16]
    assert batch.told.tolist() == [True, False, False]
    names = list(TINY.preset.experts)
    seen_by = [TINY.preset.routes[DensityCategory.A], *[TINY.preset.fallback] * 2]
    assert [names[index] for index in batch.experts] == seen_by
    network = JointNetwork(TINY.preset, TINY.text).eval()
    with torch.no_grad():
        for loss in (PretrainingLoss(network, 3), SupervisedLoss(network, 3)):
            for rows in (slice(0, 3), slice(1, 3), slice(2, 3)):
                assert bool(loss(batch.rows(rows)).isfinite())


def test_a_stage_learns_from_a_manifest_with_every_density_seen_by_its_own_expert(
    manifest: Path, prepared: Prepared, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(train_full_size, "sizes_of", lambda _: TINY)
    out = tmp_path / "S2.safetensors"
    done = CliRunner().invoke(
        train_full_size.main,
        [
            *("--stage", "S2", "--work", str(manifest.parent / "work"), "--out", str(out)),
            *("--manifest", str(manifest), "--experts", "routed", "--precision", "no"),
            *("--text-encoder", str(write_text_encoder(tmp_path / "bert", TINY))),
            *("--epochs", "1", "--batch", "2", "--at-once", "2"),
        ],
    )
    assert done.exit_code == 0, done.output
    _, record = read_stage(out, "S2")
    assert record.trained_on["joint"] == "2 exams of the manifest exams"
    experts = {name for name in record.trained_on if name.startswith("expert_")}
    assert experts == {f"expert_{name}" for name in set(TINY.preset.routes.values())}
    taught = {each.patient for each in prepared.exams["train"][:2]}
    assert set(record.patients) == taught

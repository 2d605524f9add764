"""The stage that teaches an expert's adapter where lesions are."""

import dataclasses

import torch

from mammovlm.model.lesion_cells import ExpertView
from mammovlm.model.presets import PRESETS
from mammovlm.model.umicon import ExpertAdapter
from mammovlm.training.expert_cells import CellLabels, SeenExams, cell_labels
from mammovlm.training.lesion_stage import LesionConfig, fit_adapter
from mammovlm.training.phantom_exams import ExamTruth, SeenLesion

SPEC = dataclasses.replace(PRESETS["compact"].experts["clip"], width=4, fine_channels=6)


def _exam(index: int) -> tuple[ExpertView, CellLabels]:
    """Noise with one cell that stands out, more so where it is suspicious."""
    generator = torch.Generator().manual_seed(index)
    cells = torch.randn(4, 6, 5, 6, generator=generator)
    row, column, malignant = index % 6, index % 5, index % 2
    cells[:, row, column, 2] += 6.0
    cells[:, row, column, 4] += 6.0 * malignant
    lesion = torch.zeros(4, 6, 5, dtype=torch.int8)
    suspicious = torch.full_like(lesion, -1)
    lesion[:, row, column] = 1
    suspicious[:, row, column] = malignant
    pools = torch.randn(4, 3, 4, generator=generator)
    return ExpertView(pools, cells, torch.ones(4, 6, 5)), CellLabels(lesion, suspicious)


def _exams(count: int) -> tuple[SeenExams, list[CellLabels]]:
    pairs = [_exam(index) for index in range(count)]
    return SeenExams(tuple(view for view, _ in pairs)), [label for _, label in pairs]


def test_a_finder_learns_where_lesions_are_and_which_are_suspicious() -> None:
    seen, labels = _exams(60)
    adapter = ExpertAdapter(SPEC, "lesions")
    config = LesionConfig(negatives=0.5, epochs=15, batch=128)
    fit_adapter(adapter, seen, labels, range(40), config)
    assert adapter.finder
    hits = 0
    suspicions: dict[int, list[float]] = {0: [], 1: []}
    for exam in range(40, 60):
        view = seen.view(exam)
        found = adapter.finder.look(view.cells, view.share)
        place = (exam % 6) * 5 + exam % 5
        hits += int((found.evidence.argmax(1) == place).sum())
        suspicions[exam % 2].append(float(found.suspicion[:, place].mean().detach()))
    assert hits >= 0.9 * 80
    assert min(suspicions[1]) > max(suspicions[0])


def test_pooled_views_are_scaled_on_the_training_exams() -> None:
    seen, labels = _exams(12)
    adapter = ExpertAdapter(SPEC, "mean+lesions")
    vectors = fit_adapter(adapter, seen, labels, range(12), LesionConfig(epochs=1)).flatten(0, 1)
    assert torch.allclose(vectors.mean(0), torch.zeros(vectors.shape[1]), atol=1e-2)
    assert torch.allclose(vectors[:, :4].std(0), torch.ones(4), atol=0.05)


def test_views_to_learn_from_come_from_finders_that_did_not_know_them() -> None:
    seen, labels = _exams(16)
    told = labels[3].lesion.clone()
    adapter = ExpertAdapter(SPEC, "lesions")
    config = LesionConfig(negatives=1.0, epochs=3)
    before = (
        fit_adapter(adapter, seen, labels, range(16), config)[3] * adapter.spread + adapter.mean
    )
    labels[3] = CellLabels(1 - told, labels[3].suspicious)
    after = fit_adapter(adapter, seen, labels, range(16), config)[3] * adapter.spread + adapter.mean
    assert torch.allclose(before, after, atol=1e-4)


def test_cells_are_labelled_where_the_phantom_put_its_lesions() -> None:
    share = torch.ones(4, 32, 25)
    share[..., 20:] = 0.0
    lesions = (SeenLesion(2, 80.0, 48.0, 5.0, 4), SeenLesion(0, 16.0, 16.0, 5.0, 2))
    truth = ExamTruth(1, (1, 1), (4, 2), (1, -1), {}, lesions)
    labels = cell_labels(truth, share)
    row, column = int(80.0 * 32 / 504), int(48.0 * 25 / 400)
    assert labels.lesion[2, row, column] == 1
    assert labels.suspicious[2, row, column] == 1
    assert int((labels.lesion[2] == 1).sum()) <= 9
    assert labels.lesion[0].max() == 0  # BI-RADS 2 is nothing to assess
    assert labels.suspicious[0].max() == -1
    assert bool((labels.lesion[..., 20:] == -1).all())

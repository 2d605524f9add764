"""Stage S0 learns one ordered scale from exact and from coarse labels."""

import numpy as np
import torch

from mammovlm.findings import DensityCategory
from mammovlm.study import Laterality, Slot, ViewPosition
from mammovlm.training.density_stage import (
    DensityConfig,
    DensityImages,
    cooled,
    cross_validated,
    density_logits,
    exact_images,
    expected_category,
    film_images,
    film_result,
    fit_density_head,
    temperature,
)
from mammovlm.training.real_films import TISSUE_DENSITIES, Film

CONFIG = DensityConfig(iterations=60)


def _features(density: torch.Tensor, seed: int) -> torch.Tensor:
    """Twelve features, of which two tell density."""
    noise = torch.randn(len(density), 12, generator=torch.Generator().manual_seed(seed))
    noise[:, 0] += 2.5 * density
    noise[:, 1] -= 2.5 * density
    return noise


def _films(count: int = 60) -> tuple[tuple[Film, ...], torch.Tensor]:
    """Two films per woman, with the three letters of mini-MIAS in turn."""
    films, truth = [], []
    for index in range(count):
        letter = "FGD"[index // 2 % 3]
        films.append(
            Film(
                name=f"film{index}",
                patient=f"woman {index // 2}",
                source="mini-MIAS",
                slot=Slot(Laterality.LEFT, ViewPosition.MLO),
                pixels=np.zeros((2, 2), np.float32),
                spacing_mm=0.2,
                tissue=letter,
                densities=TISSUE_DENSITIES[letter],
                abnormality="NORM",
                severity="",
            )
        )
        truth.append("FGD".index(letter) + 0.5)
    return tuple(films), _features(torch.tensor(truth), 7)


def _exact(seed: int) -> DensityImages:
    density = torch.arange(80) % 4
    return exact_images(_features(density.float(), seed), density)


def test_exact_labels_are_learned_and_hold_on_other_images() -> None:
    head = fit_density_head([_exact(1)], CONFIG)
    told = np.round(expected_category(density_logits(head, _exact(2).features)))
    assert np.mean(told == np.arange(80) % 4) > 0.8


def test_coarse_labels_alone_order_the_films() -> None:
    films, features = _films()
    result = film_result(
        films, expected_category(cross_validated(films, film_images(films, features), [], CONFIG))
    )
    assert result.fatty_against_dense.value > 0.95
    assert result.balanced_accuracy > 0.6


def test_a_coarse_label_is_not_given_to_one_category_alone() -> None:
    films, features = _films()
    head = fit_density_head([film_images(films, features), _exact(3)], CONFIG)
    fatty = features[[film.tissue == "F" for film in films]]
    with torch.inference_mode():
        mean = torch.softmax(head(fatty), dim=1).mean(0)
    assert float(mean[0]) > 0.15
    assert float(mean[1]) > 0.15


def test_labels_allow_what_the_letter_allows() -> None:
    films, features = _films(6)
    allowed = film_images(films, features).allowed
    assert allowed[0].tolist() == [1, 1, 0, 0]
    assert allowed[2].tolist() == [0, 1, 1, 0]
    assert allowed[4].tolist() == [0, 0, 1, 1]
    assert len(DensityCategory) == allowed.shape[1]


def test_no_woman_judges_herself() -> None:
    films, _ = _films(20)
    secret = torch.zeros(20, 12)
    secret[torch.arange(20), torch.arange(20) // 2] = 1.0  # a feature that names the woman
    result = film_result(
        films, expected_category(cross_validated(films, film_images(films, secret), [], CONFIG))
    )
    assert result.fatty_against_dense.value < 0.75


def test_a_fit_is_the_same_every_time() -> None:
    first, second = (fit_density_head([_exact(1)], CONFIG) for _ in range(2))
    assert torch.equal(first.score.weight, second.score.weight)


def test_logits_rise_together_with_the_score() -> None:
    head = fit_density_head([_exact(1)], CONFIG)
    rising = _features(torch.linspace(0, 3, 50), 5)
    expected = expected_category(density_logits(head, rising))
    with torch.inference_mode():
        score = head(rising)[:, 3] - head(rising)[:, 0]
    assert np.all(np.diff(expected[torch.argsort(score).numpy()]) >= -1e-6)
    assert 0 <= expected.min() <= expected.max() <= 3 + 1e-6


def test_a_head_that_is_too_sure_is_cooled_without_changing_its_order() -> None:
    head = fit_density_head([_exact(1)], CONFIG)
    images = _exact(2)
    before = density_logits(head, images.features)
    by = temperature([(8 * before, images.allowed)])
    assert by > 3
    after = density_logits(cooled(head, by), images.features)
    assert torch.allclose(after, before / by, atol=1e-4)
    assert torch.equal(after.argmax(1), before.argmax(1))


def test_an_honest_head_is_left_as_it_is() -> None:
    allowed = torch.eye(4)
    assert temperature([(torch.zeros(4, 4), allowed), (3 * torch.eye(4), allowed)]) == 1.0

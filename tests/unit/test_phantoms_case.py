"""Cases are drawn as the public tables say."""

from collections import Counter

import numpy as np
import pytest

from mammovlm.findings import DensityCategory
from mammovlm.study import Laterality
from mammovlm.training.phantoms import CaseMix, LesionKind, draw_lesion
from mammovlm.training.phantoms.case import (
    by_the_book,
    draw_assessment,
    draw_breast,
    draw_density,
    draw_patient,
)


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_most_screened_breasts_are_negative_or_benign() -> None:
    source = rng()
    drawn = [
        draw_assessment(source, draw_density(source, CaseMix.SCREENING), CaseMix.SCREENING)
        for _ in range(2000)
    ]
    assert 0.85 < np.mean(np.asarray(drawn) < 3) < 0.95


def test_a_balanced_mix_draws_every_category_about_equally_often() -> None:
    source = rng()
    categories = Counter(
        draw_assessment(source, DensityCategory.C, CaseMix.BALANCED) for _ in range(2000)
    )
    densities = Counter(draw_density(source, CaseMix.BALANCED) for _ in range(2000))
    assert set(categories) == {1, 2, 3, 4, 5}
    assert max(categories.values()) < 1.3 * min(categories.values())
    assert set(densities) == set(DensityCategory)
    assert max(densities.values()) < 1.3 * min(densities.values())


def test_dense_breasts_belong_to_younger_women_and_are_thinner() -> None:
    source = rng()
    fatty = [draw_patient(source, DensityCategory.A) for _ in range(300)]
    dense = [draw_patient(source, DensityCategory.D) for _ in range(300)]
    assert np.mean([p.age for p in fatty]) > np.mean([p.age for p in dense]) + 5
    assert np.mean([p.thickness_mm for p in fatty]) > np.mean([p.thickness_mm for p in dense]) + 8


def test_malignancy_rises_with_the_category() -> None:
    source = rng()
    shares = [
        np.mean([draw_lesion(source, category).malignant for _ in range(400)])
        for category in (2, 3, 4, 5)
    ]
    assert shares == sorted(shares)
    assert shares[0] == 0
    assert shares[-1] > 0.9


def test_spiculated_masses_are_mostly_malignant_and_circumscribed_ones_mostly_benign() -> None:
    source = rng()
    masses = [
        draw_lesion(source, category, kind=LesionKind.MASS)
        for category in (3, 4, 5)
        for _ in range(300)
    ]
    by_margin = {
        margin: np.mean([mass.malignant for mass in masses if mass.margin == margin])
        for margin in ("circumscribed", "spiculated")
    }
    assert by_margin["spiculated"] > 0.75
    assert by_margin["circumscribed"] < 0.3


def test_a_suspicious_calcification_is_never_a_single_grain() -> None:
    source = rng()
    for category in (3, 4, 5):
        for _ in range(200):
            found = draw_lesion(source, category, kind=LesionKind.CALCIFICATIONS)
            assert found.distribution != "single"


def test_lesions_are_listed_with_the_most_suspicious_one_first() -> None:
    source = rng()
    for _ in range(200):
        breast = draw_breast(source, Laterality.LEFT, DensityCategory.B, 4)
        order = [one.assessment for one in breast.lesions]
        assert order == sorted(order, reverse=True)


def test_teaching_cases_look_more_like_their_category_than_the_tables_do() -> None:
    source = rng()

    def share(mix: CaseMix, category: int) -> float:
        breasts = [
            draw_breast(source, Laterality.LEFT, DensityCategory.B, category, mix)
            for _ in range(200)
        ]
        return float(np.mean([by_the_book(breast.lesions[0]) for breast in breasts]))

    for category in (3, 4, 5):
        assert share(CaseMix.TEACHING, category) > share(CaseMix.BALANCED, category)
        assert share(CaseMix.TEACHING, category) > 0.85


@pytest.mark.parametrize("category", [0, 6])
def test_a_breast_of_an_unknown_category_is_refused(category: int) -> None:
    with pytest.raises(ValueError, match=r"none of 1\.\.5"):
        draw_breast(rng(), Laterality.LEFT, DensityCategory.B, category)

"""The sentences that United States law prescribes stand in the text to the letter."""

import pytest

from mammovlm.explanation import explain
from mammovlm.explanation.federal import LAY_DENSE, LAY_NOT_DENSE, PROVIDER_SENTENCES, lay_summary
from mammovlm.findings import DensityCategory
from random_findings import random_findings

PROVIDER = {
    "A": "The breasts are almost entirely fatty.",
    "B": "There are scattered areas of fibroglandular density.",
    "C": "The breasts are heterogeneously dense, which may obscure small masses.",
    "D": "The breasts are extremely dense, which lowers the sensitivity of mammography.",
}
NOT_DENSE = (
    "Breast tissue can be either dense or not dense. Dense tissue makes it harder to find breast "
    "cancer on a mammogram and also raises the risk of developing breast cancer. Your breast "
    "tissue is not dense. Talk to your healthcare provider about breast density, risks for breast "
    "cancer, and your individual situation."
)
DENSE = (
    "Breast tissue can be either dense or not dense. Dense tissue makes it harder to find breast "
    "cancer on a mammogram and also raises the risk of developing breast cancer. Your breast "
    "tissue is dense. In some people with dense tissue, other imaging tests in addition to a "
    "mammogram may help find cancers. Talk to your healthcare provider about breast density, risks "
    "for breast cancer, and your individual situation."
)


def test_the_lay_sentences_are_those_of_the_regulation() -> None:
    assert LAY_NOT_DENSE == NOT_DENSE
    assert LAY_DENSE == DENSE


@pytest.mark.parametrize("category", list(DensityCategory))
def test_each_density_has_its_provider_sentence(category: DensityCategory) -> None:
    assert PROVIDER_SENTENCES[category] == PROVIDER[category.value]


@pytest.mark.parametrize(
    ("category", "expected"), [("A", NOT_DENSE), ("B", NOT_DENSE), ("C", DENSE), ("D", DENSE)]
)
def test_a_and_b_are_not_dense_and_c_and_d_are_dense(category: str, expected: str) -> None:
    assert lay_summary(DensityCategory(category)) == expected


def test_every_text_ends_with_the_sentences_of_its_density() -> None:
    for seed in range(100):
        findings = random_findings(seed)
        explanation = explain(findings, None)
        if findings.density is None:
            assert "dense tissue" not in explanation.patient_text.lower()
            assert not any(text in explanation.summary for text in PROVIDER.values())
        else:
            category = findings.density.category
            assert explanation.patient_text.endswith("\n\n" + lay_summary(category))
            assert PROVIDER[category.value] in explanation.summary

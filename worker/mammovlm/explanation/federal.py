"""The density sentences of United States law, word for word; never generated, never changed.

They are prescribed in English and put only into the texts of languages that say so
(`mammovlm.words.sentences.Sentences.us_density_law`).

Source: 21 CFR 900.12(c) as amended by 88 FR 15126, in force since 10 September 2024:
(c)(1)(vi) for the report to the provider, (c)(2)(iii) and (iv) for the lay summary.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from mammovlm.findings import DensityCategory

PROVIDER_SENTENCES: Final[Mapping[DensityCategory, str]] = MappingProxyType(
    {
        DensityCategory.A: "The breasts are almost entirely fatty.",
        DensityCategory.B: "There are scattered areas of fibroglandular density.",
        DensityCategory.C: (
            "The breasts are heterogeneously dense, which may obscure small masses."
        ),
        DensityCategory.D: (
            "The breasts are extremely dense, which lowers the sensitivity of mammography."
        ),
    }
)
"""21 CFR 900.12(c)(1)(vi)(A) to (D)."""

LAY_NOT_DENSE: Final = (
    "Breast tissue can be either dense or not dense. Dense tissue makes it harder to find breast "
    "cancer on a mammogram and also raises the risk of developing breast cancer. Your breast "
    "tissue is not dense. Talk to your healthcare provider about breast density, risks for breast "
    "cancer, and your individual situation."
)
"""21 CFR 900.12(c)(2)(iii)."""

LAY_DENSE: Final = (
    "Breast tissue can be either dense or not dense. Dense tissue makes it harder to find breast "
    "cancer on a mammogram and also raises the risk of developing breast cancer. Your breast "
    "tissue is dense. In some people with dense tissue, other imaging tests in addition to a "
    "mammogram may help find cancers. Talk to your healthcare provider about breast density, "
    "risks for breast cancer, and your individual situation."
)
"""21 CFR 900.12(c)(2)(iv)."""


def lay_summary(category: DensityCategory) -> str:
    """Give the lay density sentences: A and B are "not dense", C and D are "dense"."""
    dense = category in (DensityCategory.C, DensityCategory.D)
    return LAY_DENSE if dense else LAY_NOT_DENSE

"""What scores rest on is put together from images and texts as the model's own heads do it."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from mammovlm.findings import DensityCategory
from mammovlm.model.fusion import Fusion
from mammovlm.model.heads import HEAD_NAMES, PRESENCE, SUSPICION, Head
from mammovlm.model.parts import JointParts
from mammovlm.model.presets import PRESETS, UMiConSpec
from mammovlm.model.text_encoder import TextBranch, TextEncoder
from mammovlm.model.umicon import UMiCon
from mammovlm.study import HANGING_ORDER, Laterality
from mammovlm.training.datasets import Assessment
from mammovlm.training.evaluation_labels import BreastLabels
from mammovlm.training.evaluation_scores import (
    METADATA,
    METADATA_AND_REPORT,
    NOTHING,
    REPORT,
    Branches,
    BreastScores,
    StudyScores,
)
from mammovlm.training.evaluation_table import BreastRow
from mammovlm.training.packed_rows import packed, unpacked
from mammovlm.training.side_by_side import BranchReader, SideBySide, side_by_side
from mammovlm.training.side_by_side_report import side_by_side_lines

SIZE, EXAMS = 8, 80
LIMITS = {PRESENCE: 0.5, SUSPICION: 0.5}


def joint() -> JointParts:
    """Make heads that read the first number of the image and the first of the text."""
    spec = UMiConSpec(pooling="mean", hidden=(8, 8, 8, 8, 8), size=SIZE)
    heads = {}
    for name in HEAD_NAMES:
        heads[name] = head = Head(2 * SIZE, members=2)
        torch.nn.init.zeros_(head.main.weight)
        with torch.no_grad():
            head.main.weight[0, [0, SIZE]] = 1.0
            head.main.bias.zero_()
    branch = TextBranch(4, SIZE)
    nothing = TextEncoder.__new__(TextEncoder)  # the branches hold what it gave
    umicon = UMiCon(spec, PRESETS["compact"].experts)
    return JointParts(umicon, nothing, branch, Fusion(SIZE).eval(), heads)


def rows(*, with_reports: bool = True) -> list[BreastRow]:
    """Women whose image tells a breast's label to one expert, whose report tells it to all."""
    draw = torch.Generator().manual_seed(0)
    found = []
    for number in range(EXAMS):
        present = [int(torch.randint(0, 2, (), generator=draw)) for _ in Laterality]
        shown = torch.tensor([2.0 * present[slot.laterality == "L"] - 1 for slot in HANGING_ORDER])

        def noise() -> torch.Tensor:
            return 0.3 * torch.randn(len(HANGING_ORDER), SIZE, generator=draw)

        def telling(shown: torch.Tensor = shown) -> torch.Tensor:
            return noise() + torch.nn.functional.pad(shown[:, None], (0, SIZE - 1))

        texts = {METADATA: noise(), NOTHING: torch.zeros(len(HANGING_ORDER), SIZE)}
        if with_reports:
            texts |= {METADATA_AND_REPORT: telling(), REPORT: telling()}
        branches = Branches(
            HANGING_ORDER,
            routed="clip",
            images={"clip": packed(noise()), "convnext": packed(telling())},
            texts={name: packed(text) for name, text in texts.items()},
        )
        study = StudyScores(None, (), "clip", True, "", "", 1.0, branches, 0.5)
        for side, label in zip((Laterality.RIGHT, Laterality.LEFT), present, strict=True):
            labels = BreastLabels(
                frozenset({DensityCategory("ABCD"[number % 4])}),
                Assessment("4" if label else "1"),
            )
            scores = BreastScores(side, None, None, None)
            found.append(BreastRow(number, number, labels, scores, study))
    return found


def measured(told: Sequence[BreastRow]) -> SideBySide:
    preset = replace(PRESETS["compact"], routes=dict.fromkeys(DensityCategory, "clip"))
    return side_by_side(told, joint(), preset, LIMITS, draws=100)


def auc(found: SideBySide, start: str) -> float:
    return next(
        row.auc.value for name, row in found.inputs[PRESENCE].items() if name.startswith(start)
    )


@pytest.fixture(scope="module")
def found() -> SideBySide:
    return measured(rows())


@given(st.integers(1, 5), st.integers(1, 9), st.integers(0, 99))
def test_rows_are_given_back_as_they_were(count: int, width: int, seed: int) -> None:
    numbers = torch.randn(count, width, generator=torch.Generator().manual_seed(seed))
    assert torch.equal(unpacked(packed(numbers), count), numbers)


def test_a_score_is_that_of_heads_and_fusion() -> None:
    row, parts = rows()[0], joint()
    branches = row.study.branches
    assert branches is not None
    image, text = (
        unpacked(kept, 4) for kept in (branches.images["clip"], branches.texts[METADATA])
    )
    with torch.inference_mode():
        logits = parts.heads[PRESENCE](parts.fusion(image, text))
        expected = parts.heads[PRESENCE].likelihood(logits[[0, 2]]).value
    reader = BranchReader(parts, [row])
    told = reader.score(branches, Laterality.RIGHT, PRESENCE, "routed", METADATA)
    assert told == pytest.approx(expected, abs=1e-6)
    assert reader.score(branches, Laterality.RIGHT, PRESENCE, "dinov2", METADATA) is None


def test_image_text_and_leak_alarms_stand_side_by_side(found: SideBySide) -> None:
    assert len(found.inputs[PRESENCE]) == 6
    assert auc(found, "always convnext, not routed") > 0.9
    assert found.inputs[PRESENCE].keys() >= {"image only", "metadata only (leak alarm)"}
    assert auc(found, "image only") < 0.7
    assert auc(found, "image + metadata + report") > 0.9
    assert auc(found, "report only") > 0.9
    assert auc(found, "metadata only") < 0.65
    assert SUSPICION not in found.inputs or not found.inputs[SUSPICION]  # one class is missing


def test_without_reports_no_row_speaks_of_them() -> None:
    names = measured(rows(with_reports=False)).inputs[PRESENCE]
    assert len(names) == 4
    assert not any(name.startswith(("report", "image + metadata + report")) for name in names)


def test_every_expert_is_measured_on_every_density_and_the_routes_are_judged(
    found: SideBySide,
) -> None:
    experts = found.experts[PRESENCE]
    assert set(experts) == {"clip", "convnext"}
    assert all(set(by_density) == {"any", *"ABCD"} for by_density in experts.values())
    assert found.best_expert(PRESENCE, "A") == "convnext"
    report = "\n".join(side_by_side_lines(found))
    assert "A: highest with convnext, but the route goes to clip" in report
    assert "| majority ACC |" in report
    assert "Head `suspicion`:\n\ntoo few of one class." in report


def test_with_one_expert_there_is_no_table_of_experts() -> None:
    alone = []
    for row in rows():
        branches = row.study.branches
        assert branches is not None
        one = replace(branches, images={"clip": branches.images["clip"]})
        alone.append(replace(row, study=replace(row.study, branches=one)))
    found = measured(alone)
    assert not any(found.experts.values())
    assert not any(name.startswith("always") for name in found.inputs[PRESENCE])

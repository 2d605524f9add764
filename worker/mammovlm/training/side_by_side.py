"""What the heads' scores rest on: images, header, report, and which expert looked.

Four-systems 5.3, rule 3: image only, with the header, with a report, and the leak alarms side by
side; paper, table 6 and four-systems A24: every expert on every density.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor
from torch.nn import functional

from mammovlm.findings import DensityCategory
from mammovlm.model.heads import PRESENCE, SUSPICION
from mammovlm.model.parts import JointParts
from mammovlm.model.presets import Preset
from mammovlm.study import Laterality
from mammovlm.training.evaluation import DRAWS, BinaryResult, binary_result
from mammovlm.training.evaluation_binary import Cases, Ranking, has_enough, ranking
from mammovlm.training.evaluation_scores import (
    METADATA,
    METADATA_AND_REPORT,
    NOTHING,
    REPORT,
    Branches,
)
from mammovlm.training.evaluation_slices import PRESENCE as ASKED_PRESENCE
from mammovlm.training.evaluation_slices import SUSPICION as ASKED_SUSPICION
from mammovlm.training.evaluation_slices import Question
from mammovlm.training.evaluation_table import BreastRow
from mammovlm.training.packed_rows import unpacked

_ASKED: Final[Mapping[str, Question]] = {PRESENCE: ASKED_PRESENCE, SUSPICION: ASKED_SUSPICION}
_ROUTED, _NO_IMAGE = "routed", ""


@dataclass(frozen=True)
class _Given:
    """One row of the table: whose image, or none at all, and which text."""

    told: str
    image: str
    text: str


_INPUTS: Final = (
    _Given("image + metadata (as the worker)", _ROUTED, METADATA),
    _Given("image only", _ROUTED, NOTHING),
    _Given("image + metadata + report (never at a PACS)", _ROUTED, METADATA_AND_REPORT),
    _Given("metadata only (leak alarm)", _NO_IMAGE, METADATA),
    _Given("report only (leak alarm)", _NO_IMAGE, REPORT),
)
ANY: Final = "any"


@dataclass(frozen=True)
class SideBySide:
    """Both tables.

    Parameters
    ----------
    inputs
        By head, then by what the model was given; a row is absent where no exam had that input or
        one class is missing.
    experts
        By head, expert and density (label), "any" for all; empty unless every expert looked.
    routes
        The expert of every density, as the model is set up.
    """

    inputs: Mapping[str, Mapping[str, BinaryResult]]
    experts: Mapping[str, Mapping[str, Mapping[str, Ranking]]]
    routes: Mapping[str, str]

    def best_expert(self, head: str, density: str) -> str | None:
        """Name the expert with the highest AUC on a density; None where one was not measured."""
        aucs = {
            name: found.auc.value
            for name, by_density in self.experts.get(head, {}).items()
            if (found := by_density.get(density)) is not None and found.auc is not None
        }
        return max(aucs, key=lambda name: aucs[name]) if len(aucs) > 1 else None


class BranchReader:
    """Puts scores together from branches, as the model's own heads do.

    Parameters
    ----------
    joint
        Of the model that gave the branches.
    rows
        All breasts; the mean of their studies' images stands for no image.
    """

    def __init__(self, joint: JointParts, rows: Sequence[BreastRow]) -> None:
        self._joint = joint
        known = [row.study.branches for row in rows if row.study.branches is not None]
        images = [_unpacked(branches, branches.images[branches.routed]) for branches in known]
        self._mean = functional.normalize(torch.cat(images).mean(0), dim=0) if images else None

    @torch.inference_mode()
    def score(
        self, branches: Branches, side: Laterality, head: str, image: str, text: str
    ) -> float | None:
        """Give the calibrated score of one breast.

        Parameters
        ----------
        image
            An expert's name, "routed", or "" for the mean image.
        text
            One of `mammovlm.training.evaluation_scores.TEXTS`.

        Returns
        -------
        float or None
            0..1; None where the study lacks that image or text, or the head is untrained.
        """
        seen, read = self._image(branches, image), branches.texts.get(text)
        rows = [row for row, slot in enumerate(branches.slots) if slot.laterality is side]
        if seen is None or read is None or head not in self._joint.heads or not rows:
            return None
        scorer = self._joint.heads[head]
        device = next(scorer.parameters()).device
        fused = self._joint.fusion(seen.to(device), _unpacked(branches, read).to(device))
        return float(scorer.calibrated(scorer.main(fused)[rows, 0].mean()))

    def _image(self, branches: Branches, name: str) -> Tensor | None:
        if name == _NO_IMAGE:
            return None if self._mean is None else self._mean.expand(len(branches.slots), -1)
        kept = branches.images.get(branches.routed if name == _ROUTED else name)
        return None if kept is None else _unpacked(branches, kept)


def _unpacked(branches: Branches, rows: str) -> Tensor:
    return unpacked(rows, len(branches.slots))


def side_by_side(
    rows: Sequence[BreastRow],
    joint: JointParts,
    preset: Preset,
    thresholds: Mapping[str, float],
    draws: int = DRAWS,
) -> SideBySide:
    """Measure both tables.

    Parameters
    ----------
    rows
        Breasts with labels.
    joint
        Of the model that assessed them.
    preset
        Its routes and its fallback; always the fallback expert is a row where all experts looked.
    thresholds
        By head, fixed beforehand.
    draws
        Of the bootstrap over patients.
    """
    reader = BranchReader(joint, rows)
    experts = {head: _experts(reader, rows, head, draws) for head in _ASKED}
    given: tuple[_Given, ...] = _INPUTS
    if any(experts.values()):
        given += (_Given(f"always {preset.fallback}, not routed", preset.fallback, METADATA),)
    return SideBySide(
        inputs={
            head: _inputs(reader, rows, head, given, threshold=thresholds[head], draws=draws)
            for head in _ASKED
            if head in thresholds
        },
        experts=experts,
        routes={str(density): name for density, name in preset.routes.items()},
    )


def _inputs(
    reader: BranchReader,
    rows: Sequence[BreastRow],
    head: str,
    inputs: Sequence[_Given],
    *,
    threshold: float,
    draws: int,
) -> dict[str, BinaryResult]:
    """Measure one head on every input."""
    found = {}
    for given in inputs:
        cases = _cases(reader, rows, head, given.image, given.text)
        if has_enough(cases.labels):
            found[given.told] = binary_result(
                cases.labels, cases.scores, cases.patients, threshold=threshold, draws=draws
            )
    return found


def _experts(
    reader: BranchReader, rows: Sequence[BreastRow], head: str, draws: int
) -> dict[str, dict[str, Ranking]]:
    known = [(row, set(row.study.branches.images)) for row in rows if row.study.branches]
    names = sorted(set().union(*(looked for _, looked in known)))
    everywhere = [row for row, looked in known if looked >= set(names)]
    if len(names) < 2 or not everywhere:
        return {}
    parts = {
        ANY: everywhere,
        **{
            str(density): [row for row in everywhere if row.labels.density is density]
            for density in DensityCategory
        },
    }
    return {
        name: {
            told: ranking(_cases(reader, part, head, name, METADATA), draws)
            for told, part in parts.items()
        }
        for name in names
    }


def _cases(
    reader: BranchReader, rows: Sequence[BreastRow], head: str, image: str, text: str
) -> Cases:
    def score(row: BreastRow) -> float | None:
        if row.study.branches is None:
            return None
        return reader.score(row.study.branches, row.scores.laterality, head, image, text)

    asked = _ASKED[head]
    return Question(asked.name, asked.asked, asked.label, score).cases(rows)

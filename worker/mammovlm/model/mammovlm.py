"""MammoVLM composed: a study in, findings and embeddings out.

density selector → routed expert → UMiCon → fusion with the text branch → heads (paper, figure 1).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from mammovlm.evidence import EvidenceMap
from mammovlm.findings import Density, Findings, Region, ViewFindings
from mammovlm.model.aggregation import (
    breast_densities,
    breast_findings,
    denser,
    density_of,
    view_suspicions,
)
from mammovlm.model.density_selector import density_features
from mammovlm.model.evidence_map import evidence_map
from mammovlm.model.expert_view import expert_view
from mammovlm.model.heads import HEAD_NAMES
from mammovlm.model.identity import algorithm_identity
from mammovlm.model.image_processor import ImageProcessor, Placement
from mammovlm.model.metadata_text import metadata_text
from mammovlm.model.parts import LoadedParts, load_parts
from mammovlm.model.regions import InputGrid, regions_of
from mammovlm.model.visual_moe import Route
from mammovlm.settings import Settings
from mammovlm.study import Slot, Study, View

NO_EXPERT = "none (no expert is trained)"


@dataclass(frozen=True)
class ModelOutput:
    """What the model makes of one study.

    Parameters
    ----------
    findings
        Every number, from trained heads only.
    embeddings
        UMiCon's embeddings, float32, (views, 128): one row of length 1 per view of ``findings``;
        rows of zeros where UMiCon is untrained.
    evidence
        Of every view, from which its regions were taken; none where nothing looks for them.
    """

    findings: Findings
    embeddings: npt.NDArray[np.float32] = field(repr=False, compare=False)
    evidence: tuple[EvidenceMap, ...] = field(default=(), repr=False, compare=False)


@dataclass(frozen=True)
class _Read:
    """What the networks gave, one row per view; no rows where a network is untrained.

    The regions are None where nothing looks for them.
    """

    embeddings: Tensor
    logits: Mapping[str, Tensor] = field(default_factory=dict)
    regions: Sequence[tuple[Region, ...]] | None = None
    evidence: tuple[EvidenceMap, ...] = ()


class MammoVLM:
    """The whole model of one preset.

    Parameters
    ----------
    parts
        Every network that has weights.

    Attributes
    ----------
    algorithm : Algorithm
        Who this is: parts, hashes, version.
    """

    def __init__(self, parts: LoadedParts) -> None:
        self._parts = parts
        self._processor = ImageProcessor(parts.preset.height, parts.preset.width)
        self.algorithm = algorithm_identity(parts)

    @classmethod
    def load(cls, settings: Settings) -> "MammoVLM":
        """Load the preset that the settings name; takes about a second for `compact`.

        Raises
        ------
        WeightsUnusable
            Where weights are missing, damaged or not the expected ones.
        """
        if settings.threads:
            torch.set_num_threads(settings.threads)
        return cls(load_parts(settings))

    @torch.inference_mode()
    def assess(self, study: Study) -> ModelOutput:
        """Assess one study; the same images and weights give the same numbers.

        Parameters
        ----------
        study
            At least one view. Missing views are no error: what is there is assessed.
        """
        slots = [view.slot for view in study.views]
        placed = [self._processor.placed(view.pixels, view.breast) for view in study.views]
        grey = torch.stack([image for image, _ in placed])
        probabilities = self._select(grey)
        densities = {} if probabilities is None else breast_densities(slots, probabilities)
        overall = denser(tuple(densities.values())) if densities else None
        route = self._parts.moe.route(overall.category if overall else None)
        read = self._read(study, grey, [each for _, each in placed], route, overall)
        heads = self._parts.joint.heads if self._parts.joint else {}
        findings = Findings(
            study_instance_uid=study.study_instance_uid,
            views=_view_findings(
                study, probabilities, route, view_suspicions(heads, read.logits), read.regions
            ),
            breasts=breast_findings(slots, densities, heads, read.logits),
            density=overall,
            missing=study.missing,
            left_out=study.left_out,
            not_available=_not_available(overall, read.logits),
            algorithm=self.algorithm,
        )
        return ModelOutput(findings, read.embeddings.numpy().astype(np.float32), read.evidence)

    def write(
        self,
        prompt: str,
        embeddings: npt.NDArray[np.float32],
        slots: Sequence[Slot],
        likely: Sequence[str] = (),
    ) -> str:
        """Word an answer with the language model.

        Parameters
        ----------
        prompt
            The facts and the question.
        embeddings
            Of `assess`, (views, 128).
        slots
            The views' slots, row by row.
        likely
            Texts that the answer may follow in places; only for speed.

        Returns
        -------
        str
            Empty where the language model has no tuned weights: untuned it is never shown. Empty
            too where UMiCon is untrained and the embeddings mean nothing.
        """
        if self._parts.joint is None:
            return ""
        return self._parts.language_model.write(prompt, embeddings, slots, likely)

    def _select(self, grey: Tensor) -> Tensor | None:
        """Density probabilities, (views, 4)."""
        selector = self._parts.selector
        if selector is None:
            return None
        logits = selector.head(density_features(selector.encoder(grey), grey))
        return torch.softmax(logits.double(), dim=1)

    def _read(
        self,
        study: Study,
        grey: Tensor,
        placements: Sequence[Placement],
        route: Route | None,
        overall: Density | None,
    ) -> _Read:
        joint = self._parts.joint
        if joint is None or route is None:
            return _Read(torch.zeros(len(study.views), self._parts.preset.umicon.size))
        encoder = self._parts.moe.expert(route.expert)
        # one view at a time: together they are no faster, and their maps need gigabytes
        looks = [
            joint.umicon.look(expert_view(encoder(view), view), route.expert)
            for view in grey.split(1)
        ]
        seen = [
            (view.source.sop_instance_uid, found, _grid(grey, placement, view))
            for (_, found), placement, view in zip(looks, placements, study.views, strict=True)
            if found is not None
        ]
        regions = [regions_of(found, grid) for _, found, grid in seen]
        evidence = tuple(evidence_map(*each) for each in seen)
        image = joint.umicon(torch.cat([pooled for pooled, _ in looks]))
        category = overall.category if overall else None
        texts = [metadata_text(view.slot, view.metadata, category) for view in study.views]
        fused = joint.fusion(image, joint.text_branch(joint.text_encoder(texts)))
        logits = {name: head(fused) for name, head in joint.heads.items()}
        return _Read(image, logits, regions or None, evidence)


def _grid(grey: Tensor, placement: Placement, view: View) -> InputGrid:
    height, width = grey.shape[-2:]
    rows, columns = view.pixels.shape
    return InputGrid(height, width, placement, rows, columns)


def _view_findings(
    study: Study,
    probabilities: Tensor | None,
    route: Route | None,
    suspicions: list[float] | None,
    regions: Sequence[tuple[Region, ...]] | None,
) -> tuple[ViewFindings, ...]:
    return tuple(
        ViewFindings(
            slot=view.slot,
            sop_instance_uid=view.source.sop_instance_uid,
            density=None if probabilities is None else density_of(probabilities[row]),
            expert=route.label if route else NO_EXPERT,
            suspicion=None if suspicions is None else suspicions[row],
            regions=() if regions is None else regions[row],
            was_searched=regions is not None,
        )
        for row, view in enumerate(study.views)
    )


def _not_available(overall: Density | None, logits: Mapping[str, Tensor]) -> tuple[str, ...]:
    density = () if overall else ("density",)
    return (*density, *(name for name in HEAD_NAMES if name not in logits))

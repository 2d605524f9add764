"""MammoVLM composed: studies in, findings and embeddings out.

density selector → routed expert → UMiCon → fusion with the text branch → heads (paper, figure 1).
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress

import numpy as np
import torch
from torch import Tensor

from mammovlm.errors import LanguageModelUnavailable
from mammovlm.findings import Density, Findings, Region, ViewFindings
from mammovlm.model.aggregation import breast_findings, density_of, view_suspicions
from mammovlm.model.evidence_map import evidence_map
from mammovlm.model.heads import HEAD_NAMES
from mammovlm.model.identity import algorithm_identity
from mammovlm.model.made_up_study import made_up_input, made_up_request
from mammovlm.model.model_input import ModelInput, ViewInput, prepared
from mammovlm.model.model_output import ModelOutput
from mammovlm.model.networks import NetworkRead, Networks
from mammovlm.model.parts import LoadedParts, load_parts
from mammovlm.model.presets import Preset
from mammovlm.model.regions import InputGrid, regions_of
from mammovlm.model.write_request import WriteRequest
from mammovlm.settings import Settings
from mammovlm.study import Study

NO_EXPERT = "none (no expert is trained)"


class MammoVLM:
    """The whole model of one preset, in this process; a `mammovlm.model.Model`.

    Parameters
    ----------
    parts
        Every network that has weights.
    at_once
        Images that go through a network together; see `mammovlm.model.networks.Networks`.

    Attributes
    ----------
    algorithm : Algorithm
        Who this is: parts, hashes, version.
    """

    def __init__(self, parts: LoadedParts, at_once: int | None = None) -> None:
        self._parts = parts
        self._networks = Networks(parts, at_once)
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

    @property
    def preset(self) -> Preset:
        """The sizes."""
        return self._parts.preset

    @property
    def parts(self) -> LoadedParts:
        """The networks, for an evaluation that asks more of them than a report needs."""
        return self._parts

    @property
    def on_gpu(self) -> bool:
        """Whether the networks are on a GPU."""
        return self._networks.on_gpu

    def assess(self, study: Study) -> ModelOutput:
        """Assess one study; see `mammovlm.model.Model`."""
        return self.assess_together([prepared(study, self.preset)])[0]

    def assess_together(self, inputs: Sequence[ModelInput]) -> list[ModelOutput]:
        """Assess several prepared studies; each gets what it would get alone.

        On a processor to the last digit, on a GPU up to rounding: there the images of all studies
        go through a network together.
        """
        reads = self._networks.read(inputs)
        return [self._output(each, read) for each, read in zip(inputs, reads, strict=True)]

    def write(self, request: WriteRequest) -> str:
        """Word an answer with the language model; see `mammovlm.model.Model`."""
        return self.write_together([request])[0]

    def write_together(self, requests: Sequence[WriteRequest]) -> list[str]:
        """Word several answers; each gets the words that it would get alone."""
        if self._parts.joint is None:
            return [""] * len(requests)
        return self._parts.language_model.write_together(requests)

    def warm_up(self) -> None:
        """Run made-up images through every network, and write a text about them.

        The first run on a GPU chooses kernels, reserves memory and records graphs; no study should
        wait for that.
        """
        made_up = made_up_input(self.preset)
        self._networks.warm_up(made_up)
        with suppress(LanguageModelUnavailable):  # a server's; studies say so when they need it
            self.write(made_up_request(self.preset, made_up.slots))

    def works(self) -> bool:
        """Whether the device still computes; see `mammovlm.model.networks.Networks.works`."""
        return self._networks.works()

    def _output(self, study: ModelInput, read: NetworkRead) -> ModelOutput:
        seen = [
            (view, cells, _grid(view)) for view, cells in zip(study.views, read.cells, strict=False)
        ]
        regions = [regions_of(cells, grid) for _, cells, grid in seen]
        evidence = tuple(
            evidence_map(view.sop_instance_uid, cells, grid) for view, cells, grid in seen
        )
        embeddings = read.embeddings.numpy().astype(np.float32)
        return ModelOutput(self._findings(study, read, regions or None), embeddings, evidence)

    def _findings(
        self,
        study: ModelInput,
        read: NetworkRead,
        regions: Sequence[tuple[Region, ...]] | None,
    ) -> Findings:
        heads, overall = self._networks.heads, read.routing.overall
        return Findings(
            study_instance_uid=study.study_instance_uid,
            views=_view_findings(study, read, view_suspicions(heads, read.logits), regions),
            breasts=breast_findings(study.slots, read.routing.densities, heads, read.logits),
            density=overall,
            missing=study.missing,
            left_out=study.left_out,
            not_available=_not_available(overall, read.logits),
            algorithm=self.algorithm,
        )


def _grid(view: ViewInput) -> InputGrid:
    height, width = view.grey.shape[-2:]
    return InputGrid(height, width, view.placement, view.rows, view.columns)


def _view_findings(
    study: ModelInput,
    read: NetworkRead,
    suspicions: list[float] | None,
    regions: Sequence[tuple[Region, ...]] | None,
) -> tuple[ViewFindings, ...]:
    probabilities, route = read.routing.probabilities, read.routing.route
    return tuple(
        ViewFindings(
            slot=view.slot,
            sop_instance_uid=view.sop_instance_uid,
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

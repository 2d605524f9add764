"""Visual mixture of experts: the study's density picks the encoder (paper 3.1, A16)."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import cast

from torch import nn

from mammovlm.findings import DensityCategory
from mammovlm.model.encoders import Encoder
from mammovlm.model.presets import Preset


@dataclass(frozen=True)
class Route:
    """Which expert sees a study.

    Parameters
    ----------
    expert
        The paper's name for it.
    label
        As findings and reports call it, with stand-in and fallback told.
    """

    expert: str
    label: str


class VisualMoE(nn.Module):
    """The experts and the way to them.

    Parameters
    ----------
    preset
        Routes and names.
    experts
        Encoders with weights, by the paper's name.
    served
        The experts on whose features UMiCon was trained; empty where UMiCon is untrained, and then
        every expert with weights may serve.
    """

    def __init__(
        self, preset: Preset, experts: Mapping[str, Encoder], served: Collection[str]
    ) -> None:
        super().__init__()
        self._preset = preset
        self.experts = nn.ModuleDict(dict(experts))
        self._usable = frozenset(experts) & (frozenset(served) or frozenset(experts))

    def route(self, density: DensityCategory | None) -> Route | None:
        """Pick the expert for a study.

        Parameters
        ----------
        density
            Of the study, not of the image: two routes within one woman would mix spaces. None
            without a trained selector.

        Returns
        -------
        Route or None
            The fallback where the density's own expert is untrained (four-systems A7); None where
            that is untrained too.
        """
        preset = self._preset
        wanted = preset.fallback if density is None else preset.routes[density]
        if wanted in self._usable:
            return Route(wanted, preset.experts[wanted].label)
        if preset.fallback not in self._usable:
            return None
        label = preset.experts[preset.fallback].label
        return Route(preset.fallback, f"{label}, in place of the untrained {wanted}")

    def expert(self, name: str) -> Encoder:
        """Give an expert by the paper's name; only those that `route` names are there for sure."""
        return cast("Encoder", self.experts[name])

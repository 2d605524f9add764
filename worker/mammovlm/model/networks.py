"""Runs the trained networks on one or several studies: density, expert, UMiCon, fusion, heads.

On a processor the images go through a network study by study and, in an expert, view by view:
together they are no faster, and their maps need gigabytes. On a GPU the images of several studies
go together.
"""

from collections.abc import Iterable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace
from itertools import chain, islice
from typing import Final

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from mammovlm.findings import Density, DensityCategory
from mammovlm.model.aggregation import breast_densities, denser
from mammovlm.model.class_activation import decisive_cells
from mammovlm.model.density_selector import density_features
from mammovlm.model.expert_view import expert_view
from mammovlm.model.heads import Head
from mammovlm.model.in_pieces import in_pieces
from mammovlm.model.lesion_finder import DecisiveCells
from mammovlm.model.metadata_text import metadata_text
from mammovlm.model.model_input import ModelInput
from mammovlm.model.parts import JointParts, LoadedParts
from mammovlm.model.umicon import FinderMap
from mammovlm.model.visual_moe import Route
from mammovlm.study import Laterality

IMAGES_AT_ONCE: Final = 16
"""Images that go through a network together on a GPU: those of four studies."""


@dataclass(frozen=True)
class Routing:
    """What the density selector says of one study, and where that leads.

    Parameters
    ----------
    probabilities
        (views, 4), float64; None without a trained selector.
    densities
        Per breast; empty without a trained selector.
    overall
        Of the study: that of the denser breast; None without a trained selector.
    route
        Which expert sees it; None where none is trained.
    """

    probabilities: Tensor | None
    densities: Mapping[Laterality, Density]
    overall: Density | None
    route: Route | None

    @property
    def category(self) -> DensityCategory | None:
        """The study's density category."""
        return self.overall.category if self.overall else None


@dataclass(frozen=True)
class NetworkRead:
    """What the networks give for one study, on the processor; one row per view.

    Parameters
    ----------
    routing
        Density and expert.
    embeddings
        UMiCon's, float32, (views, C); zeros where it is untrained.
    logits
        Of every trained head, (views, 1 + members).
    cells
        What was found in each view, and what of it the 3/4 logit rests on; empty where nothing
        looks for lesions.
    """

    routing: Routing
    embeddings: Tensor
    logits: Mapping[str, Tensor] = field(default_factory=dict)
    cells: Sequence[DecisiveCells] = ()


@dataclass(frozen=True)
class _Look:
    """What an expert saw in one study: UMiCon's vectors, one row per view, and its finder's maps.

    The maps are those of each view, on the device; none without a finder.
    """

    pooled: Tensor
    maps: tuple[FinderMap, ...]


class Networks:
    """The networks of one preset, on their device.

    Parameters
    ----------
    parts
        Every network that has weights.
    at_once
        How many images go through a network together; None: `IMAGES_AT_ONCE` on a GPU, else study
        by study.

    Attributes
    ----------
    heads : mapping of str to Head
        The trained heads, on the processor, where what they give is summed up.
    """

    def __init__(self, parts: LoadedParts, at_once: int | None = None) -> None:
        self._parts = parts
        self._device = device_of(parts)
        self._at_once = at_once or (IMAGES_AT_ONCE if self.on_gpu else None)
        trained = parts.joint.heads if parts.joint else {}
        self.heads: Mapping[str, Head] = {
            name: deepcopy(head).float().cpu() for name, head in trained.items()
        }

    @torch.no_grad()
    def read(self, inputs: Sequence[ModelInput]) -> list[NetworkRead]:
        """Read studies together; each gets what it would get alone.

        Study by study that is exactly so; where images go together, up to rounding in the last
        digits.
        """
        greys = [self._on_device(view.grey for view in each.views) for each in inputs]
        probabilities = self._select(greys)
        routings = [
            self._routing(each, given) for each, given in zip(inputs, probabilities, strict=True)
        ]
        looks = self._looks(greys, routings)
        return self._reads(inputs, routings, looks)

    @torch.no_grad()
    def warm_up(self, made_up: ModelInput) -> None:
        """Put made-up images through the selector, every expert and all that comes after it."""
        greys = [self._on_device(view.grey for view in made_up.views)]
        routing = self._routing(made_up, self._select(greys)[0])
        for expert in self._parts.moe.experts:
            there = [replace(routing, route=Route(expert, expert))]
            self._reads([made_up], there, self._looks(greys, there))

    @property
    def on_gpu(self) -> bool:
        """Whether the networks are on a GPU."""
        return self._device.type == "cuda"

    def works(self) -> bool:
        """Whether the device still computes: some faults end a GPU's context for good."""
        try:
            return bool(torch.ones(1, device=self._device).add(1).cpu() == 2)
        except RuntimeError:
            return False

    def _on_device(self, images: Iterable[npt.NDArray[np.float32]]) -> Tensor:
        """Stack the images of one study and send them to the device without waiting for it."""
        stacked = torch.from_numpy(np.stack(list(images)))
        if not self.on_gpu:
            return stacked
        return stacked.pin_memory().to(self._device, non_blocking=True)

    def _select(self, greys: Sequence[Tensor]) -> list[Tensor | None]:
        """Density probabilities of every study, (views, 4)."""
        selector = self._parts.selector
        if selector is None:
            return [None] * len(greys)

        def network(grey: Tensor) -> tuple[Tensor, ...]:
            return (selector.head(density_features(selector.encoder(grey), grey)),)

        given = in_pieces(network, greys, self._at_once)
        return [torch.softmax(logits.cpu().double(), dim=1) for (logits,) in given]

    def _routing(self, study: ModelInput, probabilities: Tensor | None) -> Routing:
        by_side = {} if probabilities is None else breast_densities(study.slots, probabilities)
        overall = denser(tuple(by_side.values())) if by_side else None
        route = self._parts.moe.route(overall.category if overall else None)
        return Routing(probabilities, by_side, overall, route)

    def _looks(self, greys: Sequence[Tensor], routings: Sequence[Routing]) -> list[_Look | None]:
        """Show every study to its expert, those of one expert together."""
        looks: list[_Look | None] = [None] * len(greys)
        joint = self._parts.joint
        routes = [routing.route.expert if routing.route else None for routing in routings]
        for expert in dict.fromkeys(routes):
            if joint is None or expert is None:
                continue
            places = [place for place, route in enumerate(routes) if route == expert]
            seen = self._seen_by(joint, expert, [greys[place] for place in places])
            for place, look in zip(places, seen, strict=True):
                looks[place] = look
        return looks

    def _seen_by(self, joint: JointParts, expert: str, greys: Sequence[Tensor]) -> list[_Look]:
        encoder = self._parts.moe.expert(expert)
        adapter = joint.umicon.adapter(expert)

        def network(grey: Tensor) -> tuple[Tensor, ...]:
            view = expert_view(encoder(grey), grey)
            seen = adapter.look(view)
            if seen is None:
                return (adapter.scaled(view.pools, None),)
            return (adapter.sum_up(seen)[0], seen.hidden, seen.share, seen.pools)

        views = [view for grey in greys for view in grey.split(1)]
        given = iter(in_pieces(network, views, self._at_once))
        return [_look(list(islice(given, len(grey)))) for grey in greys]

    def _reads(
        self,
        inputs: Sequence[ModelInput],
        routings: Sequence[Routing],
        looks: Sequence[_Look | None],
    ) -> list[NetworkRead]:
        """Project, fuse with the text branch and ask the heads."""
        size = self._parts.preset.umicon.size
        reads = [
            NetworkRead(routing, torch.zeros(len(each.views), size))
            for each, routing in zip(inputs, routings, strict=True)
        ]
        seen = {place: look for place, look in enumerate(looks) if look is not None}
        texts = [_texts(inputs[place], routings[place].category) for place in seen]
        fused = self._fused([look.pooled for look in seen.values()], texts)
        for (place, look), (image, both, text) in zip(seen.items(), fused, strict=True):
            logits = {name: head(both) for name, head in self.heads.items()}
            reads[place] = NetworkRead(
                routings[place], image, logits, self._cells(look, routings[place], text)
            )
        return reads

    def _cells(self, look: _Look, routing: Routing, text: Tensor) -> tuple[DecisiveCells, ...]:
        joint, route = self._parts.joint, routing.route
        if joint is None or route is None:
            return ()
        return decisive_cells(joint, route.expert, look.maps, text)

    def _fused(
        self, pooled: Sequence[Tensor], texts: Sequence[list[str]]
    ) -> list[tuple[Tensor, ...]]:
        """UMiCon's embeddings and the fused vectors of every study on the processor, and texts."""
        if self._at_once is None or not pooled:
            return [self._fuse(*each) for each in zip(pooled, texts, strict=True)]
        counts = [len(each) for each in pooled]
        together = self._fuse(torch.cat(list(pooled)), list(chain(*texts)))
        return list(zip(*(each.split(counts) for each in together), strict=True))

    def _fuse(self, pooled: Tensor, texts: list[str]) -> tuple[Tensor, Tensor, Tensor]:
        joint = self._parts.joint
        assert joint is not None, "there is nothing to fuse without it"
        image = joint.umicon(pooled)
        text = joint.text_branch(joint.text_encoder(texts))
        return image.float().cpu(), joint.fusion(image, text).float().cpu(), text


def _look(views: Sequence[tuple[Tensor, ...]]) -> _Look:
    """Put the views of one study together."""
    return _Look(
        pooled=torch.cat([pooled for pooled, *_ in views]),
        maps=tuple(FinderMap(*maps) for _, *maps in views if maps),
    )


def _texts(study: ModelInput, category: DensityCategory | None) -> list[str]:
    return [metadata_text(view.slot, view.metadata, category) for view in study.views]


def device_of(parts: LoadedParts) -> torch.device:
    """Tell where the networks were loaded to."""
    modules = [parts.moe, *([parts.joint.umicon] if parts.joint else [])]
    tensors = chain.from_iterable(module.parameters() for module in modules)
    return next((tensor.device for tensor in tensors), torch.device("cpu"))

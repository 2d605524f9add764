"""The parts of one MammoVLM, loaded: every network that has weights, and who each of them is."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType

import torch

from mammovlm.errors import DeviceUnusable, WeightsUnusable
from mammovlm.findings import DensityCategory, ModelPart
from mammovlm.model.density_selector import DensityHead
from mammovlm.model.device import CPU, ComputeDevice, compute_device
from mammovlm.model.encoders import Encoder, create_encoder, empty_backbone
from mammovlm.model.folded_norms import fold_batch_norms
from mammovlm.model.fusion import Fusion
from mammovlm.model.heads import HEAD_NAMES, Head, heads_from_tensors
from mammovlm.model.language_model import language_model_files, load_language_model
from mammovlm.model.memory_needs import RESERVE, Quantisation, fitting, needs_of
from mammovlm.model.packaged_weights import LITE, MINILM, load_lite, packaged_path
from mammovlm.model.presets import PRESETS, EncoderSpec, Preset
from mammovlm.model.remote_language_model import LanguageModel, remote_language_model
from mammovlm.model.text_encoder import TextBranch, TextEncoder, load_text_encoder
from mammovlm.model.umicon import UMiCon
from mammovlm.model.visual_moe import VisualMoE
from mammovlm.model.weights import WeightsFolder, load_into
from mammovlm.settings import Settings

_log = logging.getLogger(__name__)

COMPACT_WEIGHTS = Path(__file__).parent / "weights" / "compact"


@dataclass(frozen=True)
class SelectorParts:
    """The density selector: encoder and head."""

    encoder: Encoder
    head: DensityHead


@dataclass(frozen=True)
class JointParts:
    """Everything behind the experts; trained together, so present together or not at all."""

    umicon: UMiCon
    text_encoder: TextEncoder
    text_branch: TextBranch
    fusion: Fusion
    heads: Mapping[str, Head]


@dataclass(frozen=True)
class LoadedParts:
    """What `load_parts` found.

    Parameters
    ----------
    preset
        The sizes, with the routes that the weights were trained with.
    selector, joint
        None where untrained.
    moe
        The experts that have weights.
    language_model
        Wordless where untuned.
    identities
        Every part, trained or not, for the report.
    training_note
        From the card.
    """

    preset: Preset
    selector: SelectorParts | None
    moe: VisualMoE
    joint: JointParts | None
    language_model: LanguageModel
    identities: tuple[ModelPart, ...]
    training_note: str


@dataclass
class _Loader:
    preset: Preset
    folder: WeightsFolder
    cache_dir: Path
    compute: ComputeDevice
    identities: list[ModelPart] = field(default_factory=list)

    def selector(self) -> SelectorParts | None:
        spec = self.preset.selector
        if not self.folder.has("density_selector"):
            self._note("density selector", spec.architecture, None)
            return None
        encoder = self.encoder(spec, "selector_encoder")
        tensors = self.folder.tensors("density_selector")
        if encoder is None or "feature_mean" not in tensors:
            raise WeightsUnusable("The density selector has a head but no encoder, or no scale.")
        head = DensityHead(tensors["feature_mean"].shape[0])
        load_into(head, tensors, "density selector")
        self._note("density selector", f"ordered head on {spec.architecture}", "density_selector")
        return SelectorParts(encoder, head.eval().to(self.compute.device))

    def encoder(self, spec: EncoderSpec, part: str) -> Encoder | None:
        """Load an encoder from the folder, else from the package that carries it, else none."""
        name = f"expert {spec.label}" if part.startswith("expert_") else "encoder of the selector"
        packaged = LITE.get(spec.architecture)
        if self.folder.has(part) or packaged is None:
            self._note(name, spec.architecture, part)
        backbone = empty_backbone(spec)
        if self.folder.has(part):
            load_into(backbone, self.folder.tensors(part, self.compute), name, assign=True)
            return self._reading(create_encoder(spec, backbone))
        if packaged is None:
            return None
        self.identities.append(
            ModelPart(name, spec.architecture, packaged.sha256, packaged.trained_on)
        )
        load_lite(backbone, spec.architecture, self.cache_dir, assign=True)
        backbone.to(self.compute.device, self.compute.vision)
        return self._reading(create_encoder(spec, backbone))

    def _reading(self, encoder: Encoder) -> Encoder:
        """Make an encoder ready to read; in bfloat16 folding would round the weights once more."""
        if self.compute.vision == torch.float32:
            fold_batch_norms(encoder)
        return encoder.to(self.compute.device)

    def moe(self) -> VisualMoE:
        found = {
            name: self.encoder(spec, f"expert_{name}") for name, spec in self.preset.experts.items()
        }
        experts = {name: encoder for name, encoder in found.items() if encoder is not None}
        served = self.folder.card.parts["umicon"].experts if self.folder.has("umicon") else ()
        return VisualMoE(self.preset, experts, served)

    def joint(self) -> JointParts | None:
        preset, parts = self.preset, ("umicon", "text_branch", "fusion", "heads")
        described = {
            "umicon": f"pooling {preset.umicon.pooling}, six linear layers",
            "text_branch": f"linear on {preset.text.architecture}",
            "fusion": "concatenation and layer normalisation",
            "heads": f"one linear layer each: {', '.join(HEAD_NAMES)}",
        }
        trained = all(self.folder.has(part) for part in parts)
        for part in parts:
            self._note(_SPOKEN[part], described[part], part if trained else None)
        if not trained:
            return None
        size = preset.umicon.size
        umicon = UMiCon(preset.umicon, preset.experts)
        branch, fusion = TextBranch(preset.text.width, size), Fusion(size)
        for module, part in ((umicon, "umicon"), (branch, "text_branch"), (fusion, "fusion")):
            load_into(module, self.folder.tensors(part), _SPOKEN[part])
            module.eval().to(self.compute.device)
        heads = heads_from_tensors(2 * size, self.folder.tensors("heads"))
        for head in heads.values():
            head.to(self.compute.device)
        return JointParts(umicon, self.text_encoder(), branch, fusion, heads)

    def text_encoder(self) -> TextEncoder:
        spec = self.preset.text
        if self.preset.name == "compact":
            path, sha256, trained_on = packaged_path(MINILM), MINILM.sha256, MINILM.trained_on
        elif self.folder.has("text_encoder"):
            card = self.folder.card.parts["text_encoder"]
            path = self.folder.folder / card.file
            sha256, trained_on = card.sha256, card.trained_on
        else:
            raise WeightsUnusable("The weights folder holds a text branch but no text encoder.")
        self.identities.append(ModelPart("text encoder", spec.architecture, sha256, trained_on))
        return load_text_encoder(spec, path.parent, sha256, self.compute)

    def _note(self, name: str, architecture: str, part: str | None) -> None:
        known = part is not None and self.folder.has(part)
        card = self.folder.card.parts[part] if part and known else None
        self.identities.append(
            ModelPart(
                name,
                architecture,
                card.sha256 if card else None,
                card.trained_on if card else "not trained",
            )
        )


_SPOKEN = {
    "umicon": "UMiCon",
    "text_branch": "text projection",
    "fusion": "fusion",
    "heads": "heads",
}


def load_parts(settings: Settings) -> LoadedParts:
    """Load every part of the preset that has weights.

    Raises
    ------
    WeightsUnusable
        Where weights that should be there are missing, damaged or not the expected ones.
    """
    preset = PRESETS[settings.preset]
    folder = settings.weights_dir
    if folder is None and preset.name == "paper":
        raise WeightsUnusable(
            "The `paper` preset needs MAMMOVLM_WEIGHTS_DIR: a folder with card.json and "
            "safetensors files, laid out as docs/model-card.md says. `compact` needs none."
        )
    if folder is not None and not (folder / "card.json").is_file():
        raise WeightsUnusable(
            "The folder in MAMMOVLM_WEIGHTS_DIR holds no card.json, which lists the weights and "
            "their hashes; docs/model-card.md shows one."
        )
    weights = WeightsFolder(folder or COMPACT_WEIGHTS)
    preset = _with_routes(preset, weights)
    compute, quantisation = _device_with_room(settings, weights)
    loader = _Loader(preset, weights, settings.cache_dir, compute)
    selector, moe, joint = loader.selector(), loader.moe(), loader.joint()
    language_model = _language_model(settings, weights, compute, quantisation)
    return LoadedParts(
        preset=preset,
        selector=selector,
        moe=moe,
        joint=joint,
        language_model=language_model,
        identities=(*loader.identities, language_model.part),
        training_note=loader.folder.card.training_note,
    )


def _with_routes(preset: Preset, weights: WeightsFolder) -> Preset:
    """Give the preset the routes that UMiCon was trained with, if the card tells them."""
    routes = weights.card.parts["umicon"].routes if weights.has("umicon") else {}
    if not routes:
        return preset
    if set(routes) != set(DensityCategory) or not set(routes.values()) <= set(preset.experts):
        raise WeightsUnusable(
            f"card.json in the weights folder must route each density to one of "
            f"{', '.join(preset.experts)}. Put back the card that came with the weights."
        )
    return replace(preset, routes=MappingProxyType(dict(routes)))


def _language_model(
    settings: Settings,
    weights: WeightsFolder,
    compute: ComputeDevice,
    quantisation: Quantisation,
) -> LanguageModel:
    if settings.language_model_url:
        return remote_language_model(settings, weights)
    return load_language_model(
        settings.preset,
        weights,
        settings.cache_dir,
        compute,
        quantisation=quantisation,
        capture=settings.graph_capture,
    )


def _device_with_room(
    settings: Settings, weights: WeightsFolder
) -> tuple[ComputeDevice, Quantisation]:
    """Pick device and quantisation so that the weights fit, before any is loaded.

    `compact` runs on any processor: it goes there from a GPU that was not asked for by name and is
    full. `paper` would take minutes a study there, so it is refused.
    """
    compute = compute_device(settings)
    if settings.preset == "compact" and not compute.is_cuda:
        return compute, "none" if settings.quantise == "auto" else settings.quantise
    is_here = not settings.language_model_url
    files = language_model_files(settings.preset, weights, settings.cache_dir) if is_here else []
    needs, reserve = needs_of(weights, files, compute), RESERVE if compute.is_cuda else 0
    name = str(compute.device)
    try:
        return compute, fitting(needs, settings.quantise, compute.free_bytes(), reserve, name)
    except DeviceUnusable as error:
        if settings.preset == "paper" or settings.device != "auto":
            raise
        _log.warning("The model runs on the processor instead. %s", error)
        return CPU, "none"

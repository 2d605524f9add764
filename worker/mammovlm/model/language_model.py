"""The language model: facts and the views' embeddings in, a wording out; never used untuned.

`compact` runs SmolLM2-135M, `paper` GLM-4-9B (four-systems 1.2); any causal model of transformers
whose folder holds safetensors and a chat template will do. Decoding is greedy: the same input gives
the same words on the same kind of processor.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import torch
from torch import Tensor

from mammovlm.errors import WeightsUnusable
from mammovlm.findings import ModelPart
from mammovlm.model.decoding_together import TogetherDecoder, can_decode_together
from mammovlm.model.device import CPU, ComputeDevice
from mammovlm.model.drafted_decoding import Drafts, decode
from mammovlm.model.language_model_base import (
    Base,
    compact_base,
    compact_precision,
    folder_base,
    shards_of,
)
from mammovlm.model.language_model_conversion import converted_smollm2
from mammovlm.model.language_model_tuning import Tuning, merged, tuning_from_tensors
from mammovlm.model.memory_needs import Quantisation
from mammovlm.model.quantised_weights import quantise_linear_layers
from mammovlm.model.soft_prefix import Lift, lift_from, prompt_tokens, spliced, word_embeddings_of
from mammovlm.model.weights import WeightsFolder
from mammovlm.model.word_shares import share_of_first_words
from mammovlm.model.write_request import WriteRequest

PART: Final = "language_model"
"""Name of the tuned part in a folder's card, and of the folder with the base beside the card."""
MAX_NEW_TOKENS: Final = 140
"""More than the longest wording that the check accepts."""
MAX_SECONDS: Final = 30.0
"""After this the wording is cut off and the template goes out: words never hold up a result."""
UNTUNED: Final = "not tuned, not used"


class SoftPrefixLanguageModel:
    """A tuned language model that reads one or more soft tokens per view.

    Parameters
    ----------
    part
        Identity, for the report.
    base
        None where there is nothing tuned; then every wording is "".
    lift
        From embeddings to soft tokens; None together with ``base``.
    capture
        Whether a CUDA device may replay the decoding step as a graph.

    Attributes
    ----------
    part : ModelPart
        Identity, for the report.
    """

    def __init__(
        self,
        part: ModelPart,
        base: Base | None = None,
        lift: Lift | None = None,
        *,
        capture: bool = True,
    ) -> None:
        self.part = part
        self._base = base
        self._lift = lift
        joins = base is not None and can_decode_together(base.causal_lm)
        self._together = (
            TogetherDecoder(base.causal_lm, capture=capture) if base and joins else None
        )

    def write(self, request: WriteRequest) -> str:
        """Word the facts.

        Parameters
        ----------
        request
            What is asked. Texts that the wording may follow make it come sooner and, in float32,
            change no word of it.

        Returns
        -------
        str
            Empty without tuned weights: untuned, a language model makes up findings.

        Raises
        ------
        ValueError
            If its embeddings and slots differ in number.
        """
        return self.write_together([request])[0]

    @torch.inference_mode()
    def write_together(self, requests: Sequence[WriteRequest]) -> list[str]:
        """Word the facts of several studies; each gets the words that it would get alone.

        In float32 exactly those, in bfloat16 up to a near tie between two words. On a processor one
        study alone goes the shorter way of `mammovlm.model.drafted_decoding`.

        Returns
        -------
        list of str
            In the order of the requests; errors and empty ones as of `write`. Where one request
            makes no sense, none is answered.
        """
        base, lift = self._base, self._lift
        if base is None or lift is None or not requests:
            return [""] * len(requests)
        prompts = [_embedded(base, lift, each) for each in requests]
        end = int(base.tokenizer.eos_token_id)
        drafts = [_drafts(base, each.likely, end) for each in requests]
        tokenizer = base.tokenizer
        return [
            str(tokenizer.decode(answer, skip_special_tokens=True)).strip()
            for answer in self._answers(base, prompts, drafts, end)
        ]

    def _answers(
        self, base: Base, prompts: Sequence[Tensor], drafts: Sequence[Drafts], end: int
    ) -> list[list[int]]:
        """Token numbers of each answer, decoded one by one or together."""
        on_processor = prompts[0].device.type == "cpu"
        if self._together is None or self._goes_alone(prompts):
            return [
                decode(base.causal_lm, *each, end=end, longest=MAX_NEW_TOKENS, seconds=MAX_SECONDS)
                for each in zip(prompts, drafts, strict=True)
            ]
        # a processor takes as long for all together as for each alone, a GPU as long as for one
        seconds = MAX_SECONDS * (len(prompts) if on_processor else 1)
        return self._together.decode(
            prompts, drafts, end=end, longest=MAX_NEW_TOKENS, seconds=seconds
        )

    def _goes_alone(self, prompts: Sequence[Tensor]) -> bool:
        """Tell whether the shorter way is the better: for one study on a processor."""
        return len(prompts) == 1 and prompts[0].device.type == "cpu"

    @torch.inference_mode()
    def first_word_share(
        self, request: WriteRequest, words: tuple[Sequence[str], Sequence[str]]
    ) -> float | None:
        """Tell how much likelier an answer begins with some words than with others (A20).

        Only an evaluation asks for it: no report shows it.

        Parameters
        ----------
        request
            What is asked.
        words
            Those whose share is asked for, and the others; only their first tokens count.

        Returns
        -------
        float or None
            P(first) / (P(first) + P(second)), 0..1; None without tuned weights.
        """
        base, lift = self._base, self._lift
        if base is None or lift is None:
            return None
        inputs = _embedded(base, lift, request)
        return share_of_first_words(base.causal_lm, base.tokenizer, inputs, words)


def _embedded(base: Base, lift: Lift, request: WriteRequest) -> Tensor:
    """Embed a prompt with its soft tokens, (1, length, hidden)."""
    words = word_embeddings_of(base.causal_lm)
    numbers = prompt_tokens(base.tokenizer, request.prompt, request.slots, lift.tokens)
    lifted = lift(torch.from_numpy(request.embeddings))
    device = words.weight.device
    return spliced(words, torch.tensor([numbers], device=device), lifted.to(device))


def _drafts(base: Base, likely: Sequence[str], end: int) -> Drafts:
    return Drafts(
        [*base.tokenizer(text, add_special_tokens=False)["input_ids"], end] for text in likely
    )


def load_language_model(
    preset: str,
    folder: WeightsFolder,
    cache_dir: Path,
    compute: ComputeDevice = CPU,
    *,
    quantisation: Quantisation = "none",
    capture: bool = True,
) -> SoftPrefixLanguageModel:
    """Load the preset's language model, if the folder's card lists tuned weights for it.

    Parameters
    ----------
    preset
        "compact": SmolLM2 out of its package. "paper": the folder ``language_model`` beside the
        card, in transformers' own layout.
    folder
        Weights with their card; the tuned part is called `PART`.
    cache_dir
        Where converted weights are kept.
    compute
        Where to load it to, and in which precision.
    quantisation
        Of its linear layers. Quantised, it is put together in the processor's memory first.
    capture
        As of `SoftPrefixLanguageModel`; never in int8, see `mammovlm.model.quantised_weights`.

    Raises
    ------
    WeightsUnusable
        Where listed weights are missing, damaged, or tuned on another base.
    """
    if not folder.has(PART):
        architecture = "SmolLM2-135M-Instruct" if preset == "compact" else "GLM-4-9B"
        return SoftPrefixLanguageModel(ModelPart("language model", architecture, None, UNTUNED))
    tuning = tuning_from_tensors(folder.tensors(PART))
    first = compute if quantisation == "none" else replace(compute, device=CPU.device)
    if preset == "compact":
        base = compact_base(cache_dir, first.words or compact_precision(), first)
    else:
        base = folder_base(folder.folder / PART, first)
    card = folder.card.parts[PART]
    bits = "" if quantisation == "none" else f", {quantisation} weights"
    part = ModelPart("language model", f"{base.name} + LoRA{bits}", card.sha256, card.trained_on)
    model = tuned(base, tuning, part, capture=capture and quantisation != "int8")
    if quantisation != "none":
        quantise_linear_layers(base.causal_lm, quantisation, compute.device)
    return model


def language_model_files(preset: str, folder: WeightsFolder, cache_dir: Path) -> list[Path]:
    """Find the files of the weights that `load_language_model` will load; none where untuned."""
    if not folder.has(PART):
        return []
    if preset == "compact":
        return [converted_smollm2(cache_dir) / "model.safetensors"]
    return shards_of(folder.folder / PART)


def tuned(
    base: Base, tuning: Tuning, part: ModelPart, *, capture: bool = True
) -> SoftPrefixLanguageModel:
    """Put tuned weights on their base.

    Raises
    ------
    WeightsUnusable
        If they were tuned on another base or for another architecture.
    """
    if tuning.base_sha256 != base.sha256:
        raise WeightsUnusable(
            f"The language model was tuned on other base weights (SHA-256 "
            f"{tuning.base_sha256[:12]}…, found {base.sha256[:12]}…)."
        )
    hidden = word_embeddings_of(base.causal_lm).embedding_dim
    lift = lift_from(tuning.lift_weight, tuning.lift_bias, hidden)
    causal_lm = merged(base.causal_lm, tuning).train(False)
    return SoftPrefixLanguageModel(part, replace(base, causal_lm=causal_lm), lift, capture=capture)

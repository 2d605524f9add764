"""The text branch: metadata (and, in training, a report) → BERT → the 128 shared numbers.

Paper 3.2.3; four-systems A9 (no report at inference: a learned null report) and A23 (the encoder is
a matter of configuration).
"""

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

from mammovlm.errors import WeightsUnusable
from mammovlm.model.device import CPU, ComputeDevice
from mammovlm.model.presets import TextEncoderSpec
from mammovlm.model.weights import verified_tensors


class TextEncoder(nn.Module):
    """A BERT that gives one vector per text.

    Parameters
    ----------
    spec
        Width, pooling and length.
    bert
        The encoder, without pooling layer.
    tokenizer
        Its tokenizer.
    """

    def __init__(
        self, spec: TextEncoderSpec, bert: BertModel, tokenizer: PreTrainedTokenizerFast
    ) -> None:
        super().__init__()
        self.spec = spec
        self.bert = bert
        self._tokenizer = tokenizer

    def forward(self, texts: Sequence[str]) -> Tensor:
        """Encode texts.

        Returns
        -------
        Tensor
            float32, (number of texts, width).
        """
        tokens = self._tokenizer(
            list(texts),
            padding=True,
            truncation=True,
            max_length=self.spec.max_tokens,
            return_tensors="pt",
        ).to(self.bert.device)
        mask = tokens["attention_mask"]
        given: Tensor = self.bert(input_ids=tokens["input_ids"], attention_mask=mask)[0]
        states = given.float()
        if self.spec.pooling == "first":
            return states[:, 0]
        weights: Tensor = mask[:, :, None].to(states.dtype)
        return (states * weights).sum(1) / weights.sum(1)


def load_text_encoder(
    spec: TextEncoderSpec, folder: Path, sha256: str, compute: ComputeDevice = CPU
) -> TextEncoder:
    """Load a BERT from a local folder in the Hugging Face layout.

    Parameters
    ----------
    spec
        What it must be.
    folder
        Holds ``config.json``, ``tokenizer.json`` and ``model.safetensors``.
    sha256
        Of ``model.safetensors``.
    compute
        Where it shall run.

    Raises
    ------
    WeightsUnusable
        Where a file is missing, of another hash, or of another shape.
    """
    tensors = verified_tensors(folder / "model.safetensors", sha256)
    try:
        config = BertConfig.from_json_file(folder / "config.json")
        tokenizer = _tokenizer(folder / "tokenizer.json")
    except OSError as error:
        raise WeightsUnusable(
            f"The text encoder in {folder.name} lacks config.json or tokenizer.json."
        ) from error
    bert = BertModel(config, add_pooling_layer=False)
    if config.hidden_size != spec.width:
        raise WeightsUnusable(
            f"The text encoder gives {config.hidden_size} numbers; this preset needs {spec.width}."
        )
    _load_bert(bert, tensors)
    encoder = TextEncoder(spec, bert, tokenizer).eval()
    return encoder.to(compute.device, compute.vision)


def _tokenizer(path: Path) -> PreTrainedTokenizerFast:
    return PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_file=str(path),
        pad_token="[PAD]",  # noqa: S106  a filler, not a secret
    )


def _load_bert(bert: BertModel, tensors: dict[str, Tensor]) -> None:
    """Load what the encoder needs; a checkpoint's pooler and masked-word head are left aside."""
    plain = {name.removeprefix("bert."): tensor for name, tensor in tensors.items()}
    missing, _ = bert.load_state_dict(plain, strict=False)
    if missing:
        raise WeightsUnusable(
            f"The text encoder's weights lack {len(missing)} tensors, such as {missing[0]}."
        )


class TextBranch(nn.Module):
    """From encoded metadata and report to the shared space.

    Parameters
    ----------
    width
        Of an encoded text.
    size
        C, the size of an embedding.
    """

    def __init__(self, width: int, size: int) -> None:
        super().__init__()
        self.null_report = nn.Parameter(torch.zeros(width))
        self.projection = nn.Linear(2 * width, size)

    def forward(self, metadata: Tensor, report: Tensor | None = None) -> Tensor:
        """Project metadata and report.

        Parameters
        ----------
        metadata
            (batch, width).
        report
            (batch, width), rows of NaN where there is none; None at inference, always.

        Returns
        -------
        Tensor
            (batch, C), each row of length 1.
        """
        null = self.null_report.expand_as(metadata)
        if report is None:
            report = null
        else:
            report = torch.where(report.isnan().any(1, keepdim=True), null, report)
        projected = self.projection(torch.cat([metadata, report], dim=1))
        return functional.normalize(projected, dim=1)

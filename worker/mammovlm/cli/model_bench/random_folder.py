"""A folder of random weights, laid out as a site's own, so that a cold start can be timed."""

import shutil
from itertools import chain
from pathlib import Path
from typing import Final

import torch
from tokenizers import Tokenizer, models, pre_tokenizers
from torch import Tensor, nn

from mammovlm.cli.model_bench.subject import RANDOM, Subject
from mammovlm.model.language_model import PART
from mammovlm.model.language_model_base import word_embeddings_from
from mammovlm.model.language_model_tuning import Tuning, save_tuning
from mammovlm.model.memory_needs import RESERVE
from mammovlm.model.text_encoder import TextEncoder
from mammovlm.model.torchvision_operators import declare_missing_operators
from mammovlm.training.written_weights import TrainedPart, enter_weights, write_weights

declare_missing_operators()

from transformers import PreTrainedTokenizerFast  # noqa: E402 - after the guard

_END: Final = "[END]"
_UNKNOWN: Final = "[UNK]"
_CHAT: Final = "{% for m in messages %}{{ m['content'] }} {% endfor %}"


def why_not_written(subject: Subject, folder: Path) -> str:
    """Tell why a fresh process cannot load this model from a folder here; "" where it can."""
    if not subject.compute.is_cuda:
        return "random weights are written to files on a GPU only"
    if subject.causal_lm is None:
        return "there is no language model"
    needed = sum(tensor.nbytes for tensor in _tensors(subject))
    if needed * 1.1 > shutil.disk_usage(folder).free:
        return f"{needed / 2**30:.1f} GiB do not fit into the temporary folder"
    if needed + RESERVE > subject.compute.free_bytes():
        return f"{needed / 2**30:.1f} GiB do not fit on the GPU beside the measured model"
    return ""


def write_random_folder(subject: Subject, folder: Path) -> None:
    """Write all parts of a model with its card, a lift drawn at random and no LoRA pairs.

    Parameters
    ----------
    subject
        With a language model.
    folder
        An empty one.
    """
    selector, joint, moe = subject.parts.selector, subject.parts.joint, subject.parts.moe
    assert selector is not None, "a measured model has all its parts"
    assert joint is not None, "a measured model has all its parts"
    heads = nn.ModuleDict(dict(joint.heads))
    networks: dict[str, nn.Module] = {
        "selector_encoder": selector.encoder.backbone,
        "density_selector": selector.head,
        "umicon": joint.umicon,
        "text_encoder": joint.text_encoder.bert,
        "text_branch": joint.text_branch,
        "fusion": joint.fusion,
        "heads": heads,
        **{f"expert_{name}": moe.expert(name).backbone for name in moe.experts},
    }
    parts = {
        name: TrainedPart(
            network.state_dict(), RANDOM, tuple(moe.experts) if name == "umicon" else ()
        )
        for name, network in networks.items()
    }
    write_weights(folder, parts, f"{RANDOM}.")
    _write_text_encoder(joint.text_encoder, folder / "text_encoder")
    _write_language_model(subject, folder)


def _tensors(subject: Subject) -> chain[Tensor]:
    selector, joint = subject.parts.selector, subject.parts.joint
    assert selector is not None, "a measured model has all its parts"
    assert joint is not None, "a measured model has all its parts"
    modules = (selector.encoder, subject.parts.moe, joint.text_encoder, subject.causal_lm)
    return chain.from_iterable(module.parameters() for module in modules)


def _write_text_encoder(encoder: TextEncoder, folder: Path) -> None:
    encoder.bert.config.to_json_file(folder / "config.json")
    _tokenizer("[PAD]", _UNKNOWN).save(str(folder / "tokenizer.json"))


def _write_language_model(subject: Subject, folder: Path) -> None:
    base, size = folder / PART, subject.preset.umicon.size
    subject.causal_lm.save_pretrained(base)
    tokenizer = PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=_tokenizer(_END, _UNKNOWN), eos_token=_END, unk_token=_UNKNOWN
    )
    tokenizer.chat_template = _CHAT
    tokenizer.save_pretrained(base)
    hidden = int(subject.causal_lm.config.hidden_size)
    lift = torch.randn(hidden, size) * 0.02
    sha256 = word_embeddings_from(base).sha256
    save_tuning(
        Tuning(lift, torch.zeros(hidden), {}, 1.0, sha256), folder / "lift", {"trained_on": RANDOM}
    )
    enter_weights(folder, {PART: folder / "lift"}, RANDOM)


def _tokenizer(first: str, unknown: str) -> Tokenizer:
    """Make a tokenizer that knows no word but counts them right."""
    made = Tokenizer(models.WordLevel({first: 0, unknown: 1}, unk_token=unknown))
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    return made

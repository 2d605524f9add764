"""Stages S3a and S3b: next-token loss on the answer, for the lift alone or for LoRA and lift.

Paper eq. (4) with the images in the condition (four-systems A12); the language model itself stays
frozen in S3a (A13), and everything in front of the lift stays frozen in both (A14).
"""

import math
import random
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import torch
from accelerate import Accelerator
from torch import Tensor, nn
from torch.nn import functional

from mammovlm.model.soft_prefix import Lift, spliced, word_embeddings_of
from mammovlm.training.explanation_batches import IGNORED, Batch
from mammovlm.training.explanation_pairs import Stage
from mammovlm.training.language_model_checkpoint import load_checkpoint, save_checkpoint
from mammovlm.training.shared_batches import shares_of

if TYPE_CHECKING:
    from transformers import PreTrainedModel


@dataclass(frozen=True)
class StageConfig:
    """Sizes of one stage.

    Parameters
    ----------
    stage
        "S3a" or "S3b".
    steps, batch
        Updates, and pairs in each.
    accumulation
        Parts that a batch is worked through in.
    lift_rate, lora_rate
        Highest learning rates; LLaVA's first stage has 1e-3 for its adapter, GLM-4's LoRA recipe
        5e-4.
    warm_up
        Share of the steps.
    checkpoint_every
        Steps between checkpoints.
    seed
        Of pairs and weights.
    """

    stage: Stage
    steps: int
    batch: int = 8
    accumulation: int = 1
    lift_rate: float = 1e-3
    lora_rate: float = 5e-4
    warm_up: float = 0.05
    checkpoint_every: int = 20
    seed: int = 0


class AnswerLoss(nn.Module):
    """Mean cross-entropy of the answer's tokens.

    Parameters
    ----------
    causal_lm
        A transformers model with a language-model head.
    lift
        From embeddings to soft tokens.
    """

    def __init__(self, causal_lm: "PreTrainedModel", lift: Lift) -> None:
        super().__init__()
        self.causal_lm = causal_lm
        self.lift = lift

    def forward(self, batch: Batch, tokens: float | None = None) -> Tensor:
        """Give the loss, a scalar.

        Parameters
        ----------
        batch
            Pairs.
        tokens
            What the sum over the answers' tokens is divided by; None: by their number. A batch
            that is worked through in parts divides each part by the same number, so that every
            token counts alike.
        """
        words = word_embeddings_of(self.causal_lm)
        inputs = spliced(words, batch.numbers, self.lift(batch.embeddings))
        causal_lm: Any = self.causal_lm
        states = causal_lm.get_decoder()(
            inputs_embeds=inputs, attention_mask=batch.attention, use_cache=False
        ).last_hidden_state
        labels = batch.labels[:, 1:]
        answered = labels != IGNORED  # the output layer is the largest: only where it is needed
        logits = causal_lm.get_output_embeddings()(states[:, :-1][answered])
        total = functional.cross_entropy(logits.float(), labels[answered], reduction="sum")
        return total / (float(answered.sum()) if tokens is None else tokens)


@dataclass
class StagePlace:
    """Where and how a stage runs.

    Parameters
    ----------
    checkpoint
        Safetensors file of the stage; a run goes on from it.
    accelerator
        Devices and precision.
    progress
        Told every step (from 1) and its loss.
    made_of
        Hash of what decides the run; a checkpoint of another one is not taken up.
    """

    checkpoint: Path
    accelerator: Accelerator
    progress: Callable[[int, float], None] = lambda step, loss: None
    made_of: str = ""


class PairBatches(Protocol):
    """Where a stage's batches come from; see `mammovlm.training.explanation_batches`."""

    def draw(
        self, stage: Stage, count: int, draw: random.Random, shares: Sequence[slice]
    ) -> list[Batch]:
        """Draw a batch and give some parts of it."""
        ...


def train_stage(
    loss: AnswerLoss, batches: PairBatches, config: StageConfig, place: StagePlace
) -> None:
    """Train one stage in place; goes on from its checkpoint if there is one.

    Several processes share every batch, and take together the step that one would take alone.

    Parameters
    ----------
    loss
        Lift and language model, the latter with LoRA pairs for S3b.
    batches
        Of training exams only.

    Raises
    ------
    ValueError
        If a batch cannot be shared evenly.
    """
    accelerator = place.accelerator
    optimizer = torch.optim.AdamW(_groups(loss, config), weight_decay=0.0)
    trainable = {name: tensor for name, tensor in loss.named_parameters() if tensor.requires_grad}
    shares = shares_of(
        config.batch, accelerator.num_processes, accelerator.process_index, config.accumulation
    )
    done = load_checkpoint(place.checkpoint, trainable, optimizer, made_of=place.made_of)
    model, optimizer = accelerator.prepare(loss, optimizer)
    for step in range(done, config.steps):
        _set_rates(optimizer, _schedule(step, config))
        draw = random.Random(f"{config.seed} {config.stage} {step}")  # so a resumed run agrees
        parts = batches.draw(config.stage, config.batch, draw, shares)
        total = _accumulated(model, parts, accelerator)
        accelerator.clip_grad_norm_(list(trainable.values()), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        place.progress(step + 1, total)
        due = (step + 1) % config.checkpoint_every == 0 or step + 1 == config.steps
        if due and accelerator.is_main_process:
            save_checkpoint(place.checkpoint, trainable, optimizer, step + 1, made_of=place.made_of)
    accelerator.wait_for_everyone()


def _accumulated(model: nn.Module, parts: Sequence[Batch], accelerator: Accelerator) -> float:
    """Sum the gradients of a batch's parts, of all processes, and give the batch's loss."""
    answered = torch.tensor(float(sum(int((part.labels != IGNORED).sum()) for part in parts)))
    everywhere = accelerator.reduce(answered.to(accelerator.device), "sum").item()
    tokens = everywhere / accelerator.num_processes  # the processes' gradients are averaged
    total = torch.zeros((), device=accelerator.device)
    for number, part in enumerate(parts, start=1):
        waits = accelerator.no_sync(model) if number < len(parts) else nullcontext()
        with waits:
            loss = model(part.to(accelerator.device), tokens)
            accelerator.backward(loss)
        total += loss.detach()
    return float(accelerator.reduce(total, "mean").item())


def _groups(loss: AnswerLoss, config: StageConfig) -> list[dict[str, Any]]:
    """Set what is frozen (four-systems A13, A14), and each part's highest rate."""
    loss.lift.requires_grad_(requires_grad=True)
    groups = [{"params": list(loss.lift.parameters()), "highest": config.lift_rate}]
    for name, parameter in loss.causal_lm.named_parameters():
        parameter.requires_grad_("lora_" in name and config.stage == "S3b")
    pairs = [one for one in loss.causal_lm.parameters() if one.requires_grad]
    return [*groups, {"params": pairs, "highest": config.lora_rate}] if pairs else groups


def _schedule(step: int, config: StageConfig) -> float:
    """Warm up linearly, then fall along a cosine to a tenth."""
    warm_up = max(1, round(config.warm_up * config.steps))
    if step < warm_up:
        return (step + 1) / warm_up
    passed = (step - warm_up) / max(1, config.steps - warm_up)
    return 0.1 + 0.9 * 0.5 * (1 + math.cos(math.pi * passed))


def _set_rates(optimizer: torch.optim.Optimizer, share: float) -> None:
    for group in optimizer.param_groups:
        group["lr"] = share * group["highest"]

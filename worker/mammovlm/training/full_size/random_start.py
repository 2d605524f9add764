"""Every stage with weights drawn at random, and noise to feed it."""

import torch
from accelerate.state import AcceleratorState, is_initialized
from torch.nn import Module

from mammovlm.model.language_model_tuning import with_lora
from mammovlm.model.soft_prefix import Lift, word_embeddings_of
from mammovlm.model.torchvision_operators import declare_missing_operators
from mammovlm.training.full_size.exams import ExamSource, RandomExams
from mammovlm.training.full_size.losses import DensityLoss, joint_stage_loss
from mammovlm.training.full_size.networks import JointNetwork, SelectorNetwork
from mammovlm.training.full_size.plan import FullStage, StagePlan
from mammovlm.training.full_size.sizes import Sizes
from mammovlm.training.language_model_stage import AnswerLoss

declare_missing_operators()

from transformers import GlmForCausalLM  # noqa: E402 - after the guard


def random_exams(stage: FullStage, sizes: Sizes) -> ExamSource:
    """Give exams of noise for a stage."""
    return RandomExams(
        rows=sizes.preset.height,
        columns=sizes.preset.width,
        expert_count=len(sizes.preset.experts),
        vocabulary=sizes.text.vocab_size,
        tokens=sizes.text_tokens,
        masked=stage == "S1",
    )


def random_vision(stage: FullStage, sizes: Sizes, plan: StagePlan) -> Module:
    """Build the loss of S0, S1 or S2 with random weights, scaled to some exams of noise.

    On the accelerator's device where there is an accelerator already, else on the processor.
    """
    device = AcceleratorState().device if is_initialized() else torch.device("cpu")
    source = random_exams(stage, sizes)
    exams = source.batch(range(4), step=0).to(device)
    if stage == "S0":
        selector = SelectorNetwork(sizes.preset).to(device)
        selector.fit_scale(exams, plan.at_once)
        return DensityLoss(selector, plan.at_once)
    network = JointNetwork(sizes.preset, sizes.text).to(device)
    network.fit_scale(exams, plan.at_once, source.experts)
    return joint_stage_loss(stage, network, plan)


def random_language_model(sizes: Sizes, device: torch.device, dtype: torch.dtype) -> AnswerLoss:
    """Build the loss of S3b: a language model with LoRA pairs and a lift, weights at random.

    Inner values are computed again on the way back, as a language model of nine billion weights
    needs it on one GPU.
    """
    before = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    try:
        with device:
            causal_lm = GlmForCausalLM(sizes.language_model)
    finally:
        torch.set_default_dtype(before)
    causal_lm.activation_checkpointing_enable({"use_reentrant": False})
    words = word_embeddings_of(causal_lm)
    lift = Lift(sizes.preset.umicon.size, words.embedding_dim)
    lift.start_from(words.weight.detach())
    with_lora(causal_lm, sizes.lora_rank, scaling=2.0)
    causal_lm.train()
    return AnswerLoss(causal_lm, lift)

"""How large the file of a tuned language model will be, before anything is trained."""

from torch import nn

from mammovlm.model.soft_prefix import word_embeddings_of
from mammovlm.model.torchvision_operators import declare_missing_operators

declare_missing_operators()

from transformers import PreTrainedModel  # noqa: E402 - after the guard

_BYTES = 2  # float16, as `mammovlm.model.language_model_tuning.save_tuning` writes


def tuned_bytes(causal_lm: PreTrainedModel, rank: int, size: int, tokens: int) -> int:
    """Count the bytes of lift and LoRA pairs, without the file's header.

    Parameters
    ----------
    causal_lm
        Without LoRA pairs yet; shapes are enough, such as on the device "meta".
    rank
        Of the pairs, one on every linear layer but the output layer (four-systems A14).
    size, tokens
        Of a view's embedding; soft tokens a view.
    """
    outward = causal_lm.get_output_embeddings()  # type: ignore[no-untyped-call]
    pairs = sum(
        rank * (layer.in_features + layer.out_features)
        for layer in causal_lm.modules()
        if isinstance(layer, nn.Linear) and layer is not outward
    )
    hidden = word_embeddings_of(causal_lm).embedding_dim
    return _BYTES * (pairs + hidden * tokens * (size + 1))


def refuse_too_large(
    causal_lm: PreTrainedModel, rank: int, size: int, tokens: int, most: int
) -> None:
    """Refuse a rank whose file would be larger than what is taken.

    Parameters
    ----------
    most
        Bytes.

    Raises
    ------
    ValueError
        With the largest rank that fits.
    """
    needed = tuned_bytes(causal_lm, rank, size, tokens)
    if needed <= most:
        return
    fitting = [one for one in range(1, rank) if tuned_bytes(causal_lm, one, size, tokens) <= most]
    advice = f"choose --rank {fitting[-1]} or lower" if fitting else "no rank fits"
    raise ValueError(
        f"With rank {rank} the tuned weights take {needed:,} bytes, and {most:,} are the most that "
        f"the repository takes of `compact`: {advice}."
    )

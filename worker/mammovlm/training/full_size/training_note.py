"""What a card says of weights at full size: what they rest on, what they gave, what is missing."""

from collections.abc import Mapping

from mammovlm.model.heads import HEAD_NAMES, PRESENCE, SUSPICION
from mammovlm.training.evaluation_binary import FEWEST
from mammovlm.training.full_size.finished_heads import FinishedHead

_SPOKEN = {PRESENCE: "of a finding", SUSPICION: "of BI-RADS 4 against 3"}


def training_note(
    density: str, joint: str, heads: Mapping[str, FinishedHead], limits: str = ""
) -> str:
    """Word what the numbers rest on and what they were worth, as every report prints it.

    Parameters
    ----------
    density, joint
        What the selector, and all that comes after it, was trained on.
    heads
        Those that give numbers.
    limits
        A sentence more.
    """
    lacking = [_SPOKEN[name] for name in HEAD_NAMES if name not in heads]
    sentences = [f"The density categories rest on {density}."]
    if heads:
        told = " and ".join(_SPOKEN[name] for name in heads)
        sentences.append(f"The likelihoods {told} were trained on {joint}; {_measured(heads)}.")
    if lacking:
        sentences.append(
            f"There is no likelihood {' and none '.join(lacking)}: for each answer fewer than "
            f"{FEWEST} patients were there to refit the head on, or to calibrate it on."
        )
    return " ".join(
        each for each in (*sentences, limits, "Research use only, not for clinical use.") if each
    )


def _measured(heads: Mapping[str, FinishedHead]) -> str:
    aucs = [
        "not measured, for want of patients" if auc is None
        else f"{auc.value:.2f} ({auc.low:.2f} to {auc.high:.2f})"
        for auc in (head.auc for head in heads.values())
    ]  # fmt: skip
    return f"on exams held out their AUC was {' and '.join(aucs)}"

"""Question and answer pairs for stages S3a and S3b: seeded, and right by construction.

The answers are the checked grammar's own wordings of the facts, in varied phrasings, so every one
passes the parse-back check. Stage S3a asks for what the images alone show; S3b gives the facts in
the prompt, as a report does, or withholds what can be seen, so that the soft prefix must carry it
(four-systems A13, A14, A19).
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Literal

import numpy as np
import numpy.typing as npt
from safetensors import safe_open

from mammovlm.explanation.facts import SIDES, BreastScore, Facts, ScoreRange, Topic
from mammovlm.explanation.patient_text import worded
from mammovlm.explanation.prompt import caption_prompt, prompt_for
from mammovlm.findings import DensityCategory
from mammovlm.study import HANGING_ORDER, Laterality, Slot
from mammovlm.words.sentences import Sentences

Stage = Literal["S3a", "S3b"]

LOSES_VIEWS: Final = 0.35
"""Share of exams that are shown with views taken away."""
UNTRAINED_HEAD: Final = 0.05
"""Share of exams that are shown without a density, and share without scores."""
OTHER_FACTS: Final = 0.3
"""Share of exams in S3b whose prompt gives facts drawn evenly, not the exam's own: rare
combinations are learned too, and that the prompt, which comes from the heads, has the last word."""
WITHHELD: Final = 0.35
"""Share of pairs in S3b whose prompt withholds what can be seen."""


@dataclass(frozen=True)
class Exam:
    """One exam as stage S2 left it.

    Parameters
    ----------
    embeddings
        UMiCon's, float32, (4, 128), in hanging order.
    density
        Category of the study.
    scores
        Score ranges of the right and the left breast.
    """

    embeddings: npt.NDArray[np.float32]
    density: DensityCategory
    scores: tuple[ScoreRange, ScoreRange]


@dataclass(frozen=True)
class Exams:
    """A file of exams.

    Parameters
    ----------
    training, held_out
        Different women.
    trained_on
        In words: what the embeddings come from.
    """

    training: tuple[Exam, ...]
    held_out: tuple[Exam, ...]
    trained_on: str


@dataclass(frozen=True)
class Pair:
    """What goes in and what should come out.

    Parameters
    ----------
    prompt, answer
        Texts.
    slots, embeddings
        The views and their embeddings, float32, (views, 128).
    facts
        What the answer says.
    """

    prompt: str
    answer: str
    slots: tuple[Slot, ...]
    embeddings: npt.NDArray[np.float32]
    facts: Facts


def read_exams(path: Path) -> Exams:
    """Read exams for the language model's stages.

    Parameters
    ----------
    path
        Safetensors with ``embeddings`` float32 (exams, 4, 128) in hanging order; ``density``
        integer (exams,), 0..3 for A..D; ``scores`` integer (exams, 2), right then left, 0..2 for
        lower, middle and higher; ``held_out`` (exams,), not 0 for women kept back; and "trained_on"
        in its metadata.

    Raises
    ------
    ValueError
        If the shapes do not fit together.
    """
    with safe_open(path, framework="np") as file:
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - no mapping
        trained_on = (file.metadata() or {}).get("trained_on", "unknown")
    count = len(tensors["embeddings"])
    shapes = [(count, 4, 128), (count,), (count, 2), (count,)]
    names = ["embeddings", "density", "scores", "held_out"]
    if [tensors[name].shape for name in names] != shapes:
        raise ValueError(f"{path.name} holds {[tensors[name].shape for name in names]}.")
    categories, ranges = tuple(DensityCategory), tuple(ScoreRange)
    exams = [
        Exam(
            np.asarray(tensors["embeddings"][row], dtype=np.float32),
            categories[int(tensors["density"][row])],
            (ranges[int(tensors["scores"][row, 0])], ranges[int(tensors["scores"][row, 1])]),
        )
        for row in range(count)
    ]
    kept_back = [bool(flag) for flag in tensors["held_out"]]
    return Exams(
        tuple(exam for exam, back in zip(exams, kept_back, strict=True) if not back),
        tuple(exam for exam, back in zip(exams, kept_back, strict=True) if back),
        trained_on,
    )


def pair_for(exam: Exam, stage: Stage, sentences: Sentences, draw: random.Random) -> Pair:
    """Make one pair of an exam.

    Parameters
    ----------
    exam
        From the training exams.
    stage
        "S3a": a caption of the images. "S3b": a report's prompt and complete text.
    sentences
        The language.
    draw
        Source of all chance; the same state gives the same pair.
    """
    slots = views_shown(draw)
    if stage == "S3a":
        facts = facts_from(exam, slots)
        answer = worded(facts, sentences, draw.choice, (Topic.DENSITY, Topic.SCORE))
        return pair_of(caption_prompt(sentences), answer, slots, exam, facts)
    withheld = draw.random() < WITHHELD
    facts = facts_from(exam, slots) if withheld else varied(facts_from(exam, slots), draw)
    prompt = prompt_for(facts, sentences, seen_only=withheld)
    return pair_of(prompt, worded(facts, sentences, draw.choice), slots, exam, facts)


def facts_from(exam: Exam, slots: Sequence[Slot]) -> Facts:
    """Give the facts of an exam of which only some views are there."""
    seen = {slot.laterality for slot in slots}
    return Facts(
        breasts=tuple(
            BreastScore(side, score)
            for side, score in zip(SIDES, exam.scores, strict=True)
            if side in seen
        ),
        missing=tuple(slot for slot in HANGING_ORDER if slot not in slots),
        density=exam.density,
    )


def pair_of(prompt: str, answer: str, slots: tuple[Slot, ...], exam: Exam, facts: Facts) -> Pair:
    """Put a prompt and its answer together with the embeddings of the views that are shown."""
    rows = [HANGING_ORDER.index(slot) for slot in slots]
    return Pair(prompt, answer, slots, exam.embeddings[rows], facts)


def views_shown(draw: random.Random) -> tuple[Slot, ...]:
    """Draw the views that are there: mostly all four, else one breast's or any."""
    if draw.random() >= LOSES_VIEWS:
        return HANGING_ORDER
    if draw.random() < 0.5:  # one breast only
        side = draw.choice(tuple(Laterality))
        return tuple(slot for slot in HANGING_ORDER if slot.laterality is side)
    kept = set(draw.sample(HANGING_ORDER, draw.randint(1, 3)))
    return tuple(slot for slot in HANGING_ORDER if slot in kept)


def varied(facts: Facts, draw: random.Random) -> Facts:
    """Draw other facts for the prompt now and then, and leave heads untrained now and then."""
    if draw.random() < OTHER_FACTS:
        facts = replace(
            facts,
            density=draw.choice(tuple(DensityCategory)),
            breasts=tuple(
                replace(breast, score=draw.choice(tuple(ScoreRange))) for breast in facts.breasts
            ),
        )
    if draw.random() < UNTRAINED_HEAD:
        facts = replace(facts, density=None)
    if draw.random() < UNTRAINED_HEAD:
        facts = replace(facts, breasts=tuple(replace(one, score=None) for one in facts.breasts))
    return facts

"""Facts to the language model's prompt: short, because every token costs time before the first."""

from collections.abc import Sequence

from mammovlm.explanation.facts import Facts
from mammovlm.study import Slot
from mammovlm.words.sentences import PromptWords, Sentences, Term


def prompt_for(facts: Facts, sentences: Sentences, *, seen_only: bool = False) -> str:
    """Put the facts before the language model.

    Parameters
    ----------
    facts
        What it shall say.
    sentences
        The language.
    seen_only
        Withhold what can be seen in the images (density and scores), so that only the soft
        prefix carries it. For training and for the swap test; never for a report.

    Returns
    -------
    str
        One line of facts and the task.

    Raises
    ------
    ValueError
        For a language in which no language model is asked.
    """
    return f"{facts_line(facts, sentences, seen_only=seen_only)} {_words(sentences).task}"


def facts_line(facts: Facts, sentences: Sentences, *, seen_only: bool = False) -> str:
    """Write the facts as one line; parameters and errors as of `prompt_for`."""
    words = _words(sentences)
    return words.facts.format(
        sides=", ".join(words.sides[side] for side in facts.sides) or words.none,
        missing=_missing(facts.missing, words),
        density=words.unseen if seen_only else _density(facts, sentences, words),
        scores=words.unseen if seen_only else _scores(facts, words) or words.none,
    )


def caption_prompt(sentences: Sentences) -> str:
    """Ask for what can be seen in the images, with no fact in the prompt (stage S3a)."""
    return _words(sentences).caption


def _words(sentences: Sentences) -> PromptWords:
    if sentences.prompt is None:
        raise ValueError(f"no language model is asked to write {sentences.language}")
    return sentences.prompt


def _missing(missing: Sequence[Slot], words: PromptWords) -> str:
    named = (f"{words.sides[slot.laterality]} {words.views[slot.position]}" for slot in missing)
    return ", ".join(named) or words.none


def _density(facts: Facts, sentences: Sentences, words: PromptWords) -> str:
    if facts.density is None:
        return words.unknown
    return sentences.terms[Term.DENSITY][facts.density][0]


def _scores(facts: Facts, words: PromptWords) -> str:
    return ", ".join(
        f"{words.sides[breast.laterality]} "
        f"{words.ranges[breast.score] if breast.score else words.unknown}"
        for breast in facts.breasts
    )

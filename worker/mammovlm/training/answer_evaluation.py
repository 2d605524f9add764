"""What answers to questions are worth on women kept back, with questions never seen in training."""

import random
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from time import perf_counter

from mammovlm.explanation.answers import Answer, AnswerOrigin, answer
from mammovlm.explanation.check import refusal_of
from mammovlm.explanation.patient_text import likely_texts
from mammovlm.model.write_request import Write, about_views
from mammovlm.training.contradictions import contradictions
from mammovlm.training.explanation_pairs import Exam
from mammovlm.training.question_pairs import QuestionPair, question_pair_for
from mammovlm.training.question_phrasings import HELD_OUT
from mammovlm.words.sentences import Sentences


@dataclass(frozen=True)
class AnswerMeasures:
    """Results over conversations about exams kept back.

    Parameters
    ----------
    answers
        How many questions were asked.
    passed
        Share of the language model's wordings that pass the check at first try, by what was asked;
        "all" together. "for a doctor" and "no answer" are refusals: the product words them by
        template, here the language model is asked for them too.
    counts
        Questions by what was asked.
    refused
        Wordings thrown away, by reason.
    contradictions
        Sentences that reached the reader and say what the facts do not, found by plain words.
    different
        Different answers shown.
    seconds
        Median per wording.
    """

    answers: int
    passed: dict[str, float]
    counts: dict[str, int]
    refused: dict[str, int]
    contradictions: int
    different: int
    seconds: float


def measure_answers(
    write: Write,
    exams: Sequence[Exam],
    sentences: Sentences,
    answers: int,
    *,
    seed: int = 0,
    told: Callable[[int], None] = lambda _: None,
) -> AnswerMeasures:
    """Ask questions about exams kept back, over several rounds, as patients would.

    Parameters
    ----------
    write
        The language model.
    exams
        Kept back.
    sentences
        The language.
    answers
        How many questions.
    seed
        Of exams and questions.
    told
        Told after each answer how many there are.
    """
    draw = random.Random(seed)
    passed: dict[str, list[bool]] = defaultdict(list)
    reasons: Counter[str] = Counter()
    shown, seconds, wrong = list[str](), list[float](), 0
    for number in range(answers):
        asked = question_pair_for(draw.choice(exams), sentences, draw, HELD_OUT, withheld=0)
        start = perf_counter()
        said, why = _asked(write, asked, sentences)
        seconds.append(perf_counter() - start)
        passed[asked.kind].append(not why)
        passed["all"].append(not why)
        reasons[why] += 1
        shown.append(said.text)
        wrong += len(contradictions(said.text, asked.all_facts))
        told(number + 1)
    del reasons[""]
    return AnswerMeasures(
        answers=answers,
        passed={kind: sum(each) / len(each) for kind, each in sorted(passed.items())},
        counts={kind: len(each) for kind, each in sorted(passed.items())},
        refused=dict(reasons),
        contradictions=wrong,
        different=len(set(shown)),
        seconds=median(seconds),
    )


def _asked(write: Write, asked: QuestionPair, sentences: Sentences) -> tuple[Answer, str]:
    """Give the answer as a reader gets it, and why the wording did not pass, "" where it did."""
    pair = asked.pair

    about_them = about_views(write, pair.embeddings, pair.slots)
    told = answer(asked.question, asked.rounds, asked.all_facts, about_them)
    if told.origin is not AnswerOrigin.REFUSAL:
        return told, "" if told.origin is AnswerOrigin.LANGUAGE_MODEL else _reason(told.check)
    likely = likely_texts(pair.facts, sentences, asked.topics)
    said = " ".join(about_them(pair.prompt, likely=likely).split())
    refusal = refusal_of(said, pair.facts, sentences, asked.topics)
    return told, str(refusal.reason) if refusal else ""


def _reason(check: str) -> str:
    return check.partition(" (")[0]

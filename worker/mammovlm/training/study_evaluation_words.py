"""What the language model says of the exams that are measured: check, grade, contradictions, swap.

The issue's measures of explanations, on the language model as it is shipped. The model's own
findings are the facts: whether they are right is measured by the other tables.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from statistics import median
from typing import Final

from mammovlm.findings import DensityCategory
from mammovlm.study import HANGING_ORDER
from mammovlm.training.answer_evaluation import AnswerMeasures, measure_answers
from mammovlm.training.evaluation_scores import StudyScores
from mammovlm.training.evaluation_table import category
from mammovlm.training.explanation_pairs import Exam
from mammovlm.training.explanation_statistics import TextStatistics, template_statistics
from mammovlm.training.kept_texts import KeptTexts
from mammovlm.training.language_model_evaluation import (
    SwapMeasures,
    WordingMeasures,
    measure_swap,
    measure_wordings,
)
from mammovlm.training.markdown_tables import table
from mammovlm.training.packed_rows import unpacked
from mammovlm.words.english import ENGLISH

FEWEST_EXAMS: Final = 2
Told = Callable[[str, int, int], None]


@dataclass(frozen=True)
class WordsResult:
    """Everything that was measured of words.

    Parameters
    ----------
    exams
        From how many exams the texts were drawn.
    wordings, answers
        Of a report's text, and of answers to questions that training did not see.
    swap
        None where all exams are of one density.
    templates
        Of the template's text for every set of facts that there can be.
    seconds
        Median per text.
    cut
        Texts that were cut off because the machine took too long; they do not pass.
    """

    exams: int
    wordings: WordingMeasures
    answers: AnswerMeasures
    swap: SwapMeasures | None
    templates: TextStatistics
    seconds: float
    cut: int = 0


def worded_exams(studies: Iterable[StudyScores]) -> tuple[Exam, ...]:
    """Give the studies of which a whole text can be written: four views, density, both scores."""
    found = (_exam(study) for study in studies)
    return tuple(exam for exam in found if exam is not None)


def _exam(study: StudyScores) -> Exam | None:
    density, branches = category(study.density), study.branches
    scores = [breast.words for breast in study.breasts if breast.words is not None]
    if density is None or branches is None or len(scores) != 2:
        return None
    if set(branches.slots) != set(HANGING_ORDER):
        return None
    image = unpacked(branches.images[branches.routed], len(branches.slots))
    rows = [branches.slots.index(slot) for slot in HANGING_ORDER]
    return Exam(image[rows].numpy(), DensityCategory(density), (scores[0], scores[1]))


def measure_words(
    write: KeptTexts, exams: tuple[Exam, ...], texts: int, told: Told
) -> WordsResult | None:
    """Generate texts and measure them.

    Parameters
    ----------
    write
        The language model.
    exams
        Not trained on.
    texts
        Of a report's kind; beside them a quarter as many questions are asked, and a tenth as many
        pairs of women are exchanged.
    told
        Called with what is counted, how many are done, and of how many.

    Returns
    -------
    WordsResult or None
        None where fewer than two exams are complete.
    """
    if len(exams) < FEWEST_EXAMS:
        return None
    questions, pairs = max(1, texts // 4), max(1, texts // 10)
    wordings = measure_wordings(
        write, exams, ENGLISH, texts, told=lambda done: told("texts", done, texts)
    )
    answers = measure_answers(
        write, exams, ENGLISH, questions, told=lambda done: told("questions", done, questions)
    )
    swap = None
    if len({exam.density for exam in exams}) > 1:
        swap = measure_swap(
            write, exams, ENGLISH, pairs, told=lambda done: told("exchanges", done, pairs)
        )
    return WordsResult(
        exams=len(exams),
        wordings=wordings,
        answers=answers,
        swap=swap,
        templates=template_statistics(ENGLISH),
        seconds=median(write.seconds),
        cut=write.cut,
    )


def words_lines(found: WordsResult) -> Iterator[str]:
    """Word the measures as markdown."""
    said, asked = found.wordings, found.answers
    yield from ("", "## Explanations", "")
    yield (
        f"The language model as shipped, on {found.exams} exams with all views, some of them "
        "shown with views or heads missing or with other facts in the prompt. What does not pass "
        "the check is never shown: the template's text goes out. Contradictions are counted by a "
        "second reader, by plain words and not by the check's grammar. Median "
        f"{found.seconds:.1f} s a text."
    )
    if found.cut:
        yield (
            f"**Cut off because this machine took too long over them: {found.cut}. They count as "
            "not passed; call again when it is less busy.**"
        )
    yield ""
    yield from table(
        ("", "report's text", "answers to questions", "template, every set of facts"),
        [
            ("texts", said.texts, asked.answers, found.templates.texts),
            ("different ones", said.different, asked.different, found.templates.different),
            (
                "pass the check at first try",
                f"{said.passed:.3f}",
                f"{asked.passed['all']:.3f}",
                f"{1 - sum(found.templates.refused.values()) / found.templates.texts:.3f}",
            ),
            ("refused, by reason", _counts(said.refused), _counts(asked.refused), _counts({})),
            (
                "reading grade, mean (highest)",
                f"{_grade(said.grade)} ({_grade(said.highest_grade)})",
                "–",
                f"{_grade(found.templates.mean_grade)} ({_grade(found.templates.highest_grade)})",
            ),
            ("share that contradicts the facts", f"{said.contradicting:.3f}", "–", "–"),
            ("contradictions that reach the reader", said.reached, asked.contradictions, "–"),
        ],
    )
    yield ""
    yield from _swap(found.swap)


def _swap(swap: SwapMeasures | None) -> Iterator[str]:
    if swap is None:
        yield "Swap test: not done, all exams are of one density."
        return
    yield (
        f"Swap test, {swap.pairs} pairs of women of different density, each with the other's "
        "images and nothing else changed: with density and scores withheld from the prompt the "
        f"density that is told changes in {swap.changed:.3f} of the pairs and is that of the "
        f"images in {swap.own_density:.3f} of the texts (chance about 0.25); with the facts in "
        f"the prompt what is said changes in {swap.moved:.3f} (should be 0)."
    )


def _counts(refused: dict[str, int]) -> str:
    return ", ".join(f"{reason}: {count}" for reason, count in sorted(refused.items())) or "–"


def _grade(value: float | None) -> str:
    return "–" if value is None else f"{value:.1f}"

"""A question about a stored result: what a worker gets to answer it, and what it gives back.

The words come from the plugin and go back to it; a message holds identifiers only.
"""

from dataclasses import dataclass, field

from mammovlm.job import InstanceReference
from mammovlm.study import Laterality, LeftOut, Slot


@dataclass(frozen=True)
class QuestionReference:
    """Which question of which study is to be answered, and by which job."""

    orthanc_study_id: str
    number: int
    job_id: str


@dataclass(frozen=True)
class ReportedLikelihood:
    """One likelihood as the stored report has it.

    Parameters
    ----------
    name
        "presence" or "suspicion", as in `mammovlm.findings.BreastFindings`.
    laterality
        Side.
    value, low, high
        0..1; without bounds in the report they are 0 and 1.
    """

    name: str
    laterality: Laterality
    value: float
    low: float
    high: float


@dataclass(frozen=True)
class AskedQuestion:
    """A question, the conversation before it, and the facts of the report that it is about.

    Parameters
    ----------
    study_instance_uid, report_uid
        (0020,000D), and SOP Instance UID of the report.
    question
        In the asker's words.
    is_answered
        Whether it has an answer already: a job may come twice.
    earlier
        Question and answer of each round before it, oldest first.
    language
        RFC 5646 tag of the report.
    density
        "A" to "D" of the whole study; None where the report has none.
    slots
        The views of the report.
    likelihoods
        Of each breast.
    device_uid
        Device UID of the algorithm that made the report; "" where it is not known.
    instances, left_out
        The images that the report was made of, and those put aside.
    """

    study_instance_uid: str
    report_uid: str
    question: str = field(repr=False)
    is_answered: bool
    earlier: tuple[tuple[str, str], ...] = field(repr=False)
    language: str
    density: str | None
    slots: tuple[Slot, ...]
    likelihoods: tuple[ReportedLikelihood, ...]
    device_uid: str
    instances: tuple[InstanceReference, ...]
    left_out: tuple[LeftOut, ...]


@dataclass(frozen=True)
class GivenAnswer:
    """What goes back.

    Parameters
    ----------
    text, origin, check, language, topics
        As in `mammovlm.explanation.answers.Answer`.
    """

    text: str = field(repr=False)
    origin: str
    check: str
    language: str
    topics: tuple[str, ...]

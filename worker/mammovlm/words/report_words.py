"""The words of a language that go into a report: names, summary, comments, labels.

Fields in braces are filled by what puts the sentence into a result.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

_KEPT_IN_NOTES: Final = frozenset({"AUC", "BI", "RADS", "MIAS", "M", "SYNTH"})
"""Names that a translated note may hold; any other Latin word is one that was not translated."""


@dataclass(frozen=True)
class Names:
    """Names of the things that a report speaks of.

    Parameters
    ----------
    sides, views
        By "R" and "L"; by "CC" and "MLO", as radiologists name them.
    heads
        By the name that the findings give a head.
    reasons
        Why an image was left out, by the value of the reason; where one is not here, the value
        itself is printed with spaces for its hyphens.
    notes
        How to translate the notes that come with weights, which are written in English: regular
        expressions and what is put in their place, in order. See `Names.note`.
    comma, enumeration, semicolon
        What stands between the parts of a list.
    """

    sides: Mapping[str, str]
    views: Mapping[str, str]
    heads: Mapping[str, str]
    reasons: Mapping[str, str]
    notes: tuple[tuple[str, str], ...]
    comma: str
    enumeration: str
    semicolon: str

    def reason(self, value: str) -> str:
        """Name the reason for which an image was left out."""
        return self.reasons.get(value, value.replace("-", " "))

    def note(self, note: str) -> str | None:
        """Translate a note, or give None where any of its English words would be left."""
        for english, words in self.notes:
            note = re.sub(english, words, note)
        return note if _KEPT_IN_NOTES.issuperset(re.findall("[A-Za-z]+", note)) else None

    def head(self, name: str) -> str:
        """Name a head; one that the language does not know keeps its own name."""
        return self.heads.get(name, name)


@dataclass(frozen=True)
class SummaryWords:
    """The sentences for the radiologist.

    Parameters
    ----------
    density_sentences
        One for each category "A" to "D"; empty where those of the law are used.
    """

    density: str
    density_of_breast: str
    density_sentences: Mapping[str, str]
    presence: str
    suspicion: str
    likelihood: str
    calibrated: str
    not_calibrated: str
    experts: str
    expert: str
    missing: str
    left_out: str
    left_out_item: str
    not_available: str
    identity: str
    disclaimer: str


@dataclass(frozen=True)
class ReportWords:
    """The other texts of a report: what the likelihoods mean, gaps, who worded, limits of use.

    Parameters
    ----------
    presence_meaning, suspicion_meaning
        What the two likelihoods mean (121050, DCM).
    missing, left_out, without_uid, not_trained, no_number
        What is not in the numbers; ``left_out`` may use the words ``reason`` or the ``value``.
    by_model, by_template
        Who worded the draft for the patient.
    origin
        That it is a draft; with the fields ``words`` and ``reading``.
    reading
        How hard it is to read, with ``grade`` (Flesch-Kincaid) or ``characters`` (a sentence).
    refused
        That a wording of the language model was thrown away; with the field ``reason``.
    note
        What the numbers rest on, with the field ``note``, where no translation of it is known.
    disclaimer
        The limits of use.
    """

    presence_meaning: str
    suspicion_meaning: str
    missing: str
    left_out: str
    without_uid: str
    not_trained: str
    no_number: str
    by_model: str
    by_template: str
    origin: str
    reading: str
    refused: str
    note: str
    disclaimer: str


@dataclass(frozen=True)
class ReadableWords:
    """The headings and labels of a report as text (`mammovlm show`).

    Parameters
    ----------
    title
        Must hold "NOT FOR DIAGNOSTIC USE ALONE" in English as well.
    sides
        By "R", "L" and "RL"; ``overall`` is the study's.
    densities, categories, statuses
        By category "A" to "D", by "3" and "4", and by the code value of (111017, DCM).
    region
        One marked region, with the fields ``kind``, ``row``, ``column``, ``height``, ``width``,
        ``evidence`` and ``suspicion``.
    kinds
        What a region looks like: a mass, calcifications, an asymmetry, an architectural
        distortion, or nothing that is named.
    """

    title: str
    study: str
    report_uid: str
    made: str
    status: str
    processing: str
    follows: str
    images: str
    density: str
    presence: str
    suspicion: str
    suggestion: str
    views: str
    limits: str
    summary: str
    patient: str
    algorithm: str
    device_uid: str
    overall: str
    sides: Mapping[str, str]
    densities: Mapping[str, str]
    categories: Mapping[str, str]
    statuses: Mapping[str, str]
    interval: str
    suggested: str
    not_suggested: str
    expert: str
    density_of_view: str
    suspicion_of_view: str
    regions: str
    region: str
    kinds: tuple[str, str, str, str, str]

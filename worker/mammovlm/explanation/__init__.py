"""Facts to sentences: the words for the radiologist and the checked draft for the patient."""

from mammovlm.explanation.check import refusal_of
from mammovlm.explanation.explain import explain
from mammovlm.explanation.facts import BreastScore, Facts, ScoreRange, facts_of
from mammovlm.explanation.patient_text import template_text, worded
from mammovlm.explanation.prompt import prompt_for
from mammovlm.explanation.refusal import Refusal, RefusalReason

__all__ = [
    "BreastScore",
    "Facts",
    "Refusal",
    "RefusalReason",
    "ScoreRange",
    "explain",
    "facts_of",
    "prompt_for",
    "refusal_of",
    "template_text",
    "worded",
]

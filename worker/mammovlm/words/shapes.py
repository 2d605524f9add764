"""The forms that a sentence of the patient's text, or of an answer, can take."""

from enum import StrEnum


class Shape(StrEnum):
    """The forms a sentence can take; each is about one topic."""

    LOOKED = "looked"
    MISSING_ONE = "missing one"
    MISSING_SEVERAL = "missing several"
    MISSING_ON_BOTH_SIDES = "missing on both sides"
    COMPLETE = "complete"
    DENSITY = "density"
    DENSITY_UNKNOWN = "density unknown"
    DENSITY_MEANING = "density meaning"
    SCORE = "score"
    SCORE_TWO = "score two"
    NO_SCORE = "no score"
    MEANING = "meaning"
    NEXT = "next"
    WRITER = "writer"
    UNCHECKED = "unchecked"
    LIMIT = "limit"
    READER = "reader"
    FOR_A_DOCTOR = "for a doctor"
    NO_ANSWER = "no answer"
    CAN_SAY = "can say"

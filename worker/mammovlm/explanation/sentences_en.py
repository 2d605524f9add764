"""The words in American English: patterns, phrasings, what is forbidden, prompt and summary.

Plain words: at most twenty words a sentence, no abbreviations, no numbers, no diagnosis, advice or
reassurance (dicom-and-field D.4).
"""

from collections.abc import Mapping
from typing import Final

from mammovlm.explanation.refusal import RefusalReason
from mammovlm.explanation.sentences import (
    PromptWords,
    Sentences,
    Shape,
    SummaryWords,
    Term,
)

_PATTERNS: Final = {
    Shape.LOOKED: (
        "{program} {looked} {pictures} {sides}",
        "{pictures} {sides} were read by {program}",
    ),
    Shape.MISSING_ONE: (
        "{views} of {sides} was missing",
        "{it} had to do without {views} of {sides}",
    ),
    Shape.MISSING_SEVERAL: (
        "{views} of {sides} were missing",
        "{it} had to do without {views} of {sides}",
    ),
    Shape.MISSING_ON_BOTH_SIDES: ("{views} of {sides} and {views_2} of {sides_2} were missing",),
    Shape.DENSITY: (
        "{it} {found} that your breast tissue is {density}",
        "your breast tissue is {density}",
        "your breast tissue seems to be {density}",
        "in {these_pictures} your breast tissue is {density}",
    ),
    Shape.DENSITY_UNKNOWN: (
        "{it} could not tell how dense your breast tissue is",
        "it was not possible to tell how dense your breast tissue is",
    ),
    Shape.SCORE: (
        "{score} for {sides} is {range}",
        "for {sides} {score} is {range}",
        "{score} is {range} for {sides}",
    ),
    Shape.SCORE_TWO: ("{score} is {range} for {sides} and {range_2} for {sides_2}",),
    Shape.NO_SCORE: (
        "there is no score for {sides}",
        "{it} gave no score for {sides}",
    ),
    Shape.MEANING: (
        "a higher score means that a doctor may want a closer look",
        "a higher score means that a doctor may want to look more closely",
        "with a higher score a doctor may want to look more closely",
        "the higher the score, the more closely a doctor may want to look",
    ),
    Shape.LIMIT: (
        "{it} can be wrong",
        "a computer can be wrong",
        "a computer can make mistakes",
        "{it} can make mistakes",
    ),
    Shape.READER: (
        "only a doctor can say what {these_pictures} mean",
        "a doctor will read {these_pictures} and say what they mean",
        "what {these_pictures} mean is for a doctor to say",
        "a doctor decides what {these_pictures} mean",
    ),
}

_TERMS: Final[Mapping[Term, Mapping[str, tuple[str, ...]]]] = {
    Term.SIDES: {
        "R": ("your right breast",),
        "L": ("your left breast",),
        "RL": ("both of your breasts", "both breasts", "your right and left breasts"),
    },
    Term.VIEWS: {
        "CC": ("the top view", "the view from above"),
        "MLO": ("the side view", "the view from the side"),
        "CCMLO": ("both views", "both pictures"),
    },
    Term.DENSITY: {
        "A": ("almost all fat", "made up almost only of fat"),
        "B": ("mostly fat with some dense areas", "mostly fat with a few dense areas"),
        "C": ("dense in many areas", "dense in many places"),
        "D": ("very dense", "very dense almost all over"),
    },
    Term.RANGE: {
        "lower": ("in the lower range", "in the low range", "on the low side"),
        "middle": ("in the middle range", "in the middle"),
        "higher": ("in the higher range", "in the high range", "on the high side"),
    },
}

_SYNONYMS: Final = {
    "program": ("a computer program", "a computer"),
    "looked": ("looked at", "has looked at", "read", "has read", "went over"),
    "pictures": ("the X-ray pictures of", "the X-ray images of", "the X-rays of"),
    "it": ("the program", "the computer", "it"),
    "found": ("found", "saw", "noted"),
    "these_pictures": ("the pictures", "these pictures", "your pictures", "the images"),
    "score": ("the score", "its score", "this score"),
}

_FORBIDDEN: Final = {
    RefusalReason.NUMBER: (
        r"\d|%|\b(percent\w*|zero|one|two|three|four|five|six|seven|eight|nine|ten|half|third|"
        r"quarter|chances?|odds|probab\w+|likel\w+|unlikel\w+|risks?)\b"
    ),
    RefusalReason.PROMPT_ECHO: (
        r"<\||\|>|\b(im_start|im_end|assistant|system|user|prompt|patient|instructions?|"
        r"language model|facts?)\b|\b(breasts|missing|density|score):|\b[rl]-?(cc|mlo)\b"
    ),
    RefusalReason.DIAGNOSIS: (
        r"\b(cancer\w*|tumou?rs?|malignan\w+|benign\w*|carcinoma\w*|lesions?|mass(es)?|lumps?|"
        r"cysts?|nodules?|calcifications?|disease\w*|diagnos\w+|abnormal\w*|suspicious\w*|"
        r"suspicion|positive|negative|bi-?rads|metasta\w+|ill|illness|sick\w*|growths?)\b"
    ),
    RefusalReason.REASSURANCE: (
        r"\b(worr\w+|reassur\w+|healthy|normal\w*|safe\w*|fine|okay|ok|good|great|nothing|"
        r"no (signs?|evidence|need|problem|reason)|relax|calm|harmless|don't|alarm\w*|afraid|"
        r"sure|certain\w*|clear|relie\w+)\b"
    ),
    RefusalReason.ADVICE: (
        r"\b(should|must|ought|need(s|ed)?|recommend\w*|advi[cs]e\w*|suggest\w*|biops\w+|"
        r"surg\w+|treat\w*|therap\w+|medic\w+|ultrasound|sonogra\w+|mri|screening|follow|"
        r"follow-?up|come back|return|call|ask|talk|schedule|appointment|please|tests?|exams?)\b"
    ),
}

_PROMPT: Final = PromptWords(
    task="Tell the patient.",
    facts="Breasts: {sides}. Missing: {missing}. Density: {density}. Score: {scores}.",
    caption="Say what the pictures show.",
    sides={"R": "right", "L": "left"},
    views={"CC": "top", "MLO": "side"},
    ranges={"lower": "lower", "middle": "middle", "higher": "higher"},
    none="none",
    unknown="unknown",
    unseen="see pictures",
)

_SUMMARY: Final = SummaryWords(
    sides={"R": "right", "L": "left"},
    density="Breast density: BI-RADS {category} (probability {probability} %){breasts}.",
    density_of_breast="{side} {category} ({probability} %)",
    presence="Likelihood of a finding to assess (BI-RADS 3 or higher against 1 and 2): {items}.",
    suspicion="Likelihood of BI-RADS 4 or higher against 3, given a finding: {items}.",
    likelihood="{side} {value} % (95 % interval {low} % to {high} %, {calibration})",
    calibrated="calibrated",
    not_calibrated="not calibrated",
    experts="Experts: {items}.",
    expert="{expert} for {views}",
    missing="Missing views: {items}.",
    left_out="Images not analyzed: {items}.",
    not_available="No number, because no trained weights: {items}.",
    identity="{name} {version}, preset {preset}.",
    disclaimer=(
        "Research use only. Not a medical device, not cleared, not for diagnostic use. "
        "Made by software and not verified by a person."
    ),
)

ENGLISH: Final = Sentences(
    language="en-US",
    letters=r"[A-Za-z ,.'\-]*",
    between=" ",
    patterns=_PATTERNS,
    terms=_TERMS,
    synonyms=_SYNONYMS,
    forbidden=_FORBIDDEN,
    prompt=_PROMPT,
    summary=_SUMMARY,
)

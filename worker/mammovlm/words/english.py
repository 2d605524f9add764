"""The words in American English: patterns, phrasings, what is forbidden, prompt and report.

Plain words: at most twenty words a sentence, no abbreviations, no numbers, no diagnosis, advice or
reassurance (dicom-and-field D.4).
"""

from collections.abc import Mapping
from typing import Final

from mammovlm.words.english_questions import ANSWER_PATTERNS, QUESTIONS
from mammovlm.words.english_refusal import REFUSAL
from mammovlm.words.page_words import PageWords
from mammovlm.words.report_words import Names, ReadableWords, ReportWords, SummaryWords
from mammovlm.words.sentences import Forbidden, Form, PromptWords, Sentences, Term, Unit
from mammovlm.words.shapes import Shape

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
    "score": ("the score",),
}

_FORBIDDEN: Final = {
    Forbidden.NUMBER: (
        r"\d|%|\b(percent\w*|zero|one|two|three|four|five|six|seven|eight|nine|ten|half|third|"
        r"quarter|chances?|odds|probab\w+|likel\w+|unlikel\w+|risks?)\b"
    ),
    Forbidden.PROMPT_ECHO: (
        r"<\||\|>|\b(im_start|im_end|assistant|system|user|prompt|patient|instructions?|"
        r"language model|facts?)\b|\b(breasts|missing|density|score):|\b[rl]-?(cc|mlo)\b"
    ),
    Forbidden.DIAGNOSIS: (
        r"\b(cancer\w*|tumou?rs?|malignan\w+|benign\w*|carcinoma\w*|lesions?|mass(es)?|lumps?|"
        r"cysts?|nodules?|calcifications?|disease\w*|diagnos\w+|abnormal\w*|suspicious\w*|"
        r"suspicion|positive|negative|bi-?rads|metasta\w+|ill|illness|sick\w*|growths?)\b"
    ),
    Forbidden.REASSURANCE: (
        r"\b(worr\w+|reassur\w+|healthy|normal\w*|safe\w*|fine|okay|ok|good|great|nothing|"
        r"no (signs?|evidence|need|problem|reason)|relax|calm|harmless|don't|alarm\w*|afraid|"
        r"sure|certain\w*|clear|relie\w+)\b"
    ),
    Forbidden.ADVICE: (
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

_NAMES: Final = Names(
    sides={"R": "right", "L": "left"},
    views={"CC": "cranio-caudal", "MLO": "medio-lateral oblique"},
    heads={},
    reasons={},
    notes=(),
    comma=", ",
    enumeration=", ",
    semicolon="; ",
)

_SUMMARY: Final = SummaryWords(
    density="Breast density: BI-RADS {category} (probability {probability} %){breasts}.",
    density_of_breast="{side} {category} ({probability} %)",
    density_sentences={},
    presence="Likelihood of a finding to assess (BI-RADS 3 or higher against 1 and 2): {items}.",
    suspicion="Likelihood of BI-RADS 4 or higher against 3, given a finding: {items}.",
    likelihood="{side} {value} % (95 % interval {low} % to {high} %, {calibration})",
    calibrated="calibrated",
    not_calibrated="not calibrated",
    experts="Experts: {items}.",
    expert="{expert} for {views}",
    missing="Missing views: {items}.",
    left_out="Images not analyzed: {items}.",
    left_out_item="{count} {reason}",
    not_available="No number, because no trained weights: {items}.",
    identity="{name} {version}, preset {preset}.",
    disclaimer=(
        "Research use only. Not a medical device, not cleared, not for diagnostic use. "
        "Made by software and not verified by a person."
    ),
)

_INTERVAL: Final = (
    "The uncertainty reaches to the 2.5 and 97.5 percentiles over heads refitted on resampled "
    "patients."
)

_REPORT: Final = ReportWords(
    presence_meaning=(
        "Likelihood that something is there to assess: BI-RADS category 3 or higher against "
        f"1 and 2. {_INTERVAL}"
    ),
    suspicion_meaning=(
        "Likelihood of BI-RADS category 4 or higher against 3, given that something is there to "
        f"assess. It is not the probability of cancer. {_INTERVAL}"
    ),
    missing="Missing view: {slot} ({side} {view}).",
    left_out="Not analysed ({value}): {uids}.",
    without_uid="a file without UID",
    not_trained="No trained weights for: {head}. No such number is given.",
    no_number="{view} was seen by the expert {expert}; no number is given for it alone.",
    by_model="the language model",
    by_template="a fixed template",
    origin=(
        "The first part of the patient-friendly explanation was worded by {words} ({reading}). "
        "It is a draft; a physician must review it before a patient sees it."
    ),
    reading="Flesch-Kincaid grade {grade:.1f}",
    refused=" The language model's wording was thrown away: {reason}.",
    note="{note}",
    disclaimer=(
        "Research software. It is not cleared or approved as a medical device and must not be "
        "used for diagnosis alone. A computer made this result and no person has verified it. It "
        "informs the physician who reads the images and does not replace that reading. The "
        "likelihoods are not probabilities of cancer."
    ),
)

_READABLE: Final = ReadableWords(
    title="MammoVLM result - NOT FOR DIAGNOSTIC USE ALONE",
    study="Study",
    report_uid="Report",
    made="Made",
    status="Status",
    processing="Processing",
    follows="Follows",
    images="Images",
    density="Breast density (ACR BI-RADS 5th edition)",
    presence="Is something there to assess? (category 3 or higher against 1 and 2)",
    suspicion="If so: category 4 or higher against 3",
    suggestion="AI suggestion",
    views="View by view",
    limits="Limits of this result",
    summary="Summary for the radiologist",
    patient="Explanation for the patient (draft, not reviewed)",
    algorithm="Algorithm",
    device_uid="Device UID",
    overall="overall",
    sides={"R": "right", "L": "left", "RL": "both"},
    densities={},
    categories={},
    statuses={},
    interval="(95 % interval {low:5.1f} to {high:5.1f} %)",
    suggested="{category} (a suggestion, not the assessment)",
    not_suggested="none: the intervals are not clear of the threshold",
    expert="expert {expert}",
    density_of_view="density {category} ({probability:.1f} %)",
    suspicion_of_view="4 against 3: {value:.1f} %",
    regions="Marked regions (raw scores, not probabilities)",
    region="{kind}, evidence {evidence:.1f} %, 4 against 3: {suspicion:.1f} %; row {row:.0f}, "
    "column {column:.0f}, {height:.0f} × {width:.0f} pixels",
    kinds=("mass", "calcifications", "asymmetry", "architectural distortion", "kind not named"),
)

_PAGE: Final = PageWords(
    banner="Research use only. Draft made by a computer, UNVERIFIED: no person checked it.",
    partial="PARTIAL: not everything could be analyzed.",
    patient="Patient",
    patient_id="Patient ID",
    born="Born",
    sex="Sex",
    study_date="Study date",
    accession="Accession",
    breast="Breast",
    density="Density (probability)",
    presence="Anything to assess? 3 or higher against 1 and 2",
    suspicion="If so: 4 or higher against 3",
    suggestion="AI suggestion (not the assessment)",
    views="Views and experts",
    none_missing="Missing views: none.",
    percent="{value:.1f}\N{NO-BREAK SPACE}%",
    interval="95 %: {low:.1f} to {high:.1f}",
    not_available="not available",
    no_suggestion="none",
    cut="[cut to fit one page; the structured report, if stored, has the whole text]",
)

ENGLISH: Final = Sentences(
    language="en-US",
    name="English (United States)",
    latin_1=True,
    us_density_law=True,
    form=Form(
        letters=r"[A-Za-z ,.'\-]*",
        full_stop=".",
        between=" ",
        unit=Unit.WORDS,
        longest_text=130,  # the longest template has about a hundred
        longest_sentence=20,
        grade_limit=8.0,  # the target is 6
    ),
    patterns={**_PATTERNS, **ANSWER_PATTERNS},
    terms=_TERMS,
    synonyms=_SYNONYMS,
    forbidden=_FORBIDDEN,
    prompt=_PROMPT,
    names=_NAMES,
    summary=_SUMMARY,
    report=_REPORT,
    readable=_READABLE,
    page=_PAGE,
    refusal=REFUSAL,
    questions=QUESTIONS,
)

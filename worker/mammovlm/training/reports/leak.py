"""Leak alarm: how well words alone, without any image, tell the 3-versus-4 label.

A description may rightly tell something of the label: a spiculated margin is suspicious. What must
not tell is anything else, so the alarm compares a text with what its description alone allows.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedGroupKFold
from sklearn.pipeline import make_pipeline

from mammovlm.training.evaluation import DRAWS, Measured, auc_by_patient, over_patients
from mammovlm.training.reports.from_phantom import drawn_breasts, findings_of, suspicious_label
from mammovlm.training.reports.render import Renderer, render
from mammovlm.training.reports.schema import without_assessments
from mammovlm.training.reports.scrub import scrub

Rows = npt.NDArray[np.int64]
Scores = npt.NDArray[np.float64]
FOLDS = 5


@dataclass(frozen=True)
class LabelledTexts:
    """Texts on one breast each, with the question's answer.

    Parameters
    ----------
    full
        With assessment and management.
    scrubbed
        The same after `scrub`.
    described
        The same findings, worded by one who never knew an assessment.
    labels
        0 or 1: the 3-versus-4 label corrected by biopsy.
    patients
        Who each breast belongs to.
    """

    full: tuple[str, ...]
    scrubbed: tuple[str, ...]
    described: tuple[str, ...]
    labels: Rows
    patients: Rows


@dataclass(frozen=True)
class LeakReport:
    """AUC of words alone, over patients held out.

    Parameters
    ----------
    full, scrubbed, described
        See `LabelledTexts`; intervals over resampled patients.
    excess
        AUC of the scrubbed text less that of the description, on the same resampled patients.
    cases, positives
        Counts of breasts.
    """

    full: Measured
    scrubbed: Measured
    described: Measured
    excess: Measured
    cases: int
    positives: int

    @property
    def alarm(self) -> bool:
        """True where the scrubbed text tells more than the description, beyond chance."""
        return self.excess.low > 0


def text_only_auc(
    texts: Sequence[str], labels: Rows, patients: Rows, *, draws: int = DRAWS, seed: int = 0
) -> Measured:
    """Measure how well a bag of words tells the label.

    Parameters
    ----------
    texts
        One a case.
    labels
        0 or 1.
    patients
        Who each case belongs to; no patient is both learned from and judged.
    draws
        Of the bootstrap over patients.
    seed
        Deals patients into folds and draws them.

    Returns
    -------
    Measured
        Of a logistic model on words and pairs of words, five-fold. Words that tell nothing give
        .5 or less: what folds have in common, the others lack.
    """
    scores = held_out_scores(texts, labels, patients, seed=seed)
    return auc_by_patient(labels, scores, patients, draws=draws, seed=seed)


def held_out_scores(texts: Sequence[str], labels: Rows, patients: Rows, *, seed: int = 0) -> Scores:
    """Score each text by a model that saw no text of its patient; 0..1."""
    words = np.asarray(texts, dtype=object)
    scores = np.zeros(len(words))
    folds = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=seed)
    for learned, judged in folds.split(words, labels, patients):
        model = make_pipeline(
            CountVectorizer(analyzer=_words_and_pairs, binary=True),
            LogisticRegression(max_iter=2000),
        )
        model.fit(words[learned], labels[learned])
        scores[judged] = model.predict_proba(words[judged])[:, 1]
    return scores


def _words_and_pairs(text: str) -> list[str]:
    """Split into words and pairs of neighbours; single letters and digits count, as in "4A"."""
    words = re.findall(r"\w+", text.lower())
    return words + [f"{one} {next_one}" for one, next_one in pairwise(words)]


def leak_report(texts: LabelledTexts, *, draws: int = DRAWS, seed: int = 0) -> LeakReport:
    """Compare what full, scrubbed and purely descriptive texts tell of the label."""
    labels, patients = texts.labels, texts.patients
    scrubbed = held_out_scores(texts.scrubbed, labels, patients, seed=seed)
    described = held_out_scores(texts.described, labels, patients, seed=seed)

    def excess(rows: Rows) -> float:
        if len(np.unique(labels[rows])) < 2:
            return float("nan")
        own = labels[rows]
        return float(roc_auc_score(own, scrubbed[rows]) - roc_auc_score(own, described[rows]))

    return LeakReport(
        full=text_only_auc(texts.full, labels, patients, draws=draws, seed=seed),
        scrubbed=auc_by_patient(labels, scrubbed, patients, draws=draws, seed=seed),
        described=auc_by_patient(labels, described, patients, draws=draws, seed=seed),
        excess=over_patients(excess, patients, draws=draws, seed=seed),
        cases=len(labels),
        positives=int(labels.sum()),
    )


def phantom_texts(count: int, renderer: Renderer, *, seed: int = 0) -> LabelledTexts:
    """Write one text a breast on phantoms of BI-RADS 3, 4 and 5.

    Parameters
    ----------
    count
        Number of women, two breasts each.
    renderer
        For whom the texts are written.
    seed
        Of the first woman.
    """
    full, described, labels, patients = list[str](), list[str](), list[int](), list[int]()
    for woman in range(seed, seed + count):
        for truth in drawn_breasts(woman, least=3):
            study = findings_of((truth,))
            wording = 2 * woman + (truth.laterality == "L")
            full.append(render(study, renderer, wording))
            described.append(render(without_assessments(study), renderer, wording))
            labels.append(int(bool(suspicious_label(truth))))
            patients.append(woman)
    return LabelledTexts(
        full=tuple(full),
        scrubbed=tuple(scrub(text) for text in full),
        described=tuple(described),
        labels=np.asarray(labels, dtype=np.int64),
        patients=np.asarray(patients, dtype=np.int64),
    )

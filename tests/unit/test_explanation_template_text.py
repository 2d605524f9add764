"""The template text says every fact, only the facts, in words that most people can read."""

import random
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import textstat
from hypothesis import given, settings
from hypothesis import strategies as st
from nltk.corpus import cmudict

from mammovlm.explanation import explain, facts_of, refusal_of, template_text, worded
from mammovlm.explanation.readability import NLTK_DATA, grade_of, readability_of
from mammovlm.findings import ExplanationOrigin
from mammovlm.words.english import ENGLISH
from mammovlm.words.sentences import Term
from mammovlm.words.shapes import Shape
from random_findings import random_findings

SEEDS = st.integers(min_value=0, max_value=2**32)


@given(SEEDS)
@settings(max_examples=200, deadline=None)
def test_the_template_text_of_any_findings_passes_the_check(seed: int) -> None:
    facts = facts_of(random_findings(seed))
    assert refusal_of(template_text(facts, ENGLISH), facts, ENGLISH) is None


@given(SEEDS, SEEDS)
@settings(max_examples=300, deadline=None)
def test_any_choice_of_phrasings_says_the_same_facts(seed: int, choice: int) -> None:
    facts = facts_of(random_findings(seed))
    text = worded(facts, ENGLISH, random.Random(choice).choice)
    assert refusal_of(text, facts, ENGLISH) is None, text


def test_two_hundred_template_texts_are_easy_to_read() -> None:
    texts = {template_text(facts_of(random_findings(seed)), ENGLISH) for seed in range(200)}
    measured = [readability_of(text, "en-US") for text in texts]
    assert max(measure.grade for measure in measured) <= 6
    assert min(measure.ease for measure in measured) >= 60
    assert max(measure.longest_sentence for measure in measured) <= 20


def test_two_hundred_varied_wordings_stay_below_the_sixth_grade() -> None:
    draw = random.Random(0)
    texts = [worded(facts_of(random_findings(n)), ENGLISH, draw.choice) for n in range(200)]
    assert max(readability_of(text, "en-US").grade for text in texts) <= 6


def test_the_patient_reads_no_number_and_no_abbreviation() -> None:
    for seed in range(200):
        text = template_text(facts_of(random_findings(seed)), ENGLISH)
        assert not re.search(r"\d|%", text)
        assert not re.search(r"\b[A-Z]{2,}\b", text)


def test_the_same_findings_give_the_same_text() -> None:
    assert explain(random_findings(7), None) == explain(random_findings(7), None)


def test_without_a_language_model_the_template_is_named_as_the_origin() -> None:
    explanation = explain(random_findings(7), None)
    assert explanation.origin is ExplanationOrigin.TEMPLATE
    assert explanation.refused_because == ""
    assert explanation.reading_grade is not None
    assert explanation.reading_grade <= 6


def test_an_unknown_language_is_refused_by_its_name() -> None:
    with pytest.raises(KeyError, match="tlh"):
        explain(random_findings(7), None, "tlh")


def test_every_word_of_the_patient_text_is_in_the_shipped_dictionary() -> None:
    readability_of("Prepare the dictionary.", "en-US")
    known = cmudict.dict()
    phrasings = [text for texts in ENGLISH.synonyms.values() for text in texts]
    phrasings += [text for texts in ENGLISH.patterns.values() for text in texts]
    phrasings += [
        text for values in ENGLISH.terms.values() for texts in values.values() for text in texts
    ]
    words = re.findall(r"[a-z]+", re.sub(r"\{\w+\}|-", "", " ".join(phrasings).lower()))
    assert [word for word in words if word not in known] == []


def test_syllables_are_counted_with_the_dictionary_and_nothing_is_fetched() -> None:
    readability_of("Prepare the dictionary.", "en-US")
    assert [textstat.syllable_count(word) for word in ("areas", "higher", "X-ray")] == [3, 2, 2]


def test_an_installation_that_others_may_write_to_is_measured_all_the_same(
    tmp_path: Path,
) -> None:
    shutil.copytree(NLTK_DATA, tmp_path / "nltk_data")
    for path in (tmp_path / "nltk_data", *(tmp_path / "nltk_data").rglob("*")):
        path.chmod(0o777)
    program = (
        "from pathlib import Path; from mammovlm.explanation import readability as r;"
        f"r.NLTK_DATA = Path({str(tmp_path / 'nltk_data')!r});"
        "print(r.grade_of('The computer can be wrong.', 'en-US'))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, umask=0o002
    )
    assert done.returncode == 0, done.stderr[-500:]
    assert float(done.stdout) == pytest.approx(grade_of("The computer can be wrong.", "en-US"))


def test_no_phrasing_stands_for_two_values() -> None:
    for term in Term:
        phrasings = [text for texts in ENGLISH.terms[term].values() for text in texts]
        assert len(phrasings) == len(set(phrasings)), term


def test_the_language_has_words_for_every_shape_and_value() -> None:
    assert set(ENGLISH.patterns) == set(Shape)
    assert set(ENGLISH.terms[Term.SIDES]) == {"R", "L", "RL"}
    assert set(ENGLISH.terms[Term.VIEWS]) == {"CC", "MLO", "CCMLO"}
    assert set(ENGLISH.terms[Term.DENSITY]) == set("ABCD")
    assert set(ENGLISH.terms[Term.RANGE]) == {"lower", "middle", "higher"}

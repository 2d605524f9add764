"""Every text that can go out is easy to read, passes the check and stands for its facts alone."""

from mammovlm.explanation import facts_of, template_text
from mammovlm.explanation.facts import claims_of
from mammovlm.training.explanation_statistics import every_facts, template_statistics
from mammovlm.words.english import ENGLISH
from random_findings import random_findings


def test_every_template_text_passes_and_stays_below_the_sixth_grade() -> None:
    told = template_statistics(ENGLISH)
    assert told.texts == told.different == 840
    assert told.refused == {}
    assert told.highest_grade <= 6
    assert told.lowest_ease >= 60
    assert told.longest_sentence <= 20


def test_no_text_can_be_taken_for_that_of_other_facts() -> None:
    known = list(every_facts())
    assert len({claims_of(facts) for facts in known}) == len(known)
    assert len({template_text(facts, ENGLISH) for facts in known}) == len(known)


def test_whatever_the_findings_their_facts_are_among_those_tried() -> None:
    known = set(every_facts())
    assert all(facts_of(random_findings(seed)) in known for seed in range(500))

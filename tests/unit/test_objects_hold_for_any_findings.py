"""Whatever the findings and words are, every object is made, read back equal, and one page long."""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from pydicom.uid import UID

from any_examples import examples, options
from evidence_examples import evidence_of
from mammovlm.errors import ResultInvalid
from mammovlm.results import ObjectOptions, ReportOptions, check_objects, result_objects
from mammovlm.results.pdf_check import extracted_pages
from report_examples import EXAMPLES, MASS, Example, normal, nothing_trained, with_regions

ALL = {**EXAMPLES, "nothing trained": nothing_trained}


def everything(report: ReportOptions) -> ObjectOptions:
    return ObjectOptions(report=report, wants_cad_report=True, wants_pdf=True, wants_heat_maps=True)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(examples(), options)
def test_every_object_says_what_was_found(example: Example, chosen: ReportOptions) -> None:
    wanted = everything(chosen)
    evidence = evidence_of(*example[:2])
    objects = result_objects(*example, None, wanted, evidence=evidence)
    check_objects(objects, *example, wanted, evidence=evidence)
    report, cad, pdf, *others = objects
    states = [one for one in others if one.Modality == "PR"]
    assert len(states) == any(view.regions for view in example[1].views)
    assert len(others) == len(states) + len(example[0].views)
    series = {one.SeriesInstanceUID for one in objects}
    assert len(series) == len(objects) - len(example[0].views) + 1
    uids = [*series, *(one.SOPInstanceUID for one in objects)]
    assert len(set(uids)) == len(uids)
    assert all(UID(uid).is_valid for uid in uids)
    assert {one.StudyInstanceUID for one in objects} == {report.StudyInstanceUID}
    assert cad.CompletionFlag == report.CompletionFlag
    assert len(extracted_pages(pdf)) == 1


@pytest.mark.parametrize("name", ALL)
def test_objects_of_one_study_are_refused_for_another(name: str) -> None:
    wanted = everything(ReportOptions())
    objects = result_objects(*ALL[name](), None, wanted)
    other = next(example for other, example in ALL.items() if other != name)()
    with pytest.raises(ResultInvalid):
        check_objects(objects, *other, wanted)


@pytest.mark.parametrize(
    ("position", "name"), [(1, "CAD SR"), (2, "PDF"), (3, "presentation state")]
)
def test_an_object_beside_a_right_report_is_checked_itself(position: int, name: str) -> None:
    wanted = everything(ReportOptions())
    example = with_regions()
    study, found, words = normal()
    seen = tuple(replace(view, regions=(MASS,), was_searched=True) for view in found.views)
    right = list(result_objects(*example, None, wanted))
    wrong = result_objects(study, replace(found, views=seen), words, None, wanted)
    right[position] = wrong[position]
    with pytest.raises(ResultInvalid, match=name):
        check_objects(right, *example, wanted)

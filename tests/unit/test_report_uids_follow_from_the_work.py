"""The same images, weights and options give the same UIDs, and anything else gives others."""

from dataclasses import replace
from datetime import datetime

import pytest
from pydicom.uid import UID

from mammovlm.job import PredecessorReport
from mammovlm.results import ReportOptions, structured_report
from mammovlm.results.report_content import read_content
from mammovlm.study import LeftOut, LeftOutReason
from report_examples import ALGORITHM, EXPLANATION, Example, findings_of, normal, partial, study_of


def uids(example: Example, options: ReportOptions = ReportOptions()) -> list[str]:  # noqa: B008
    report = structured_report(*example, None, options)
    tracked = [group.tracking_uid for group in read_content(report).groups]
    return [report.SOPInstanceUID, report.SeriesInstanceUID, *tracked]


def test_the_same_work_gives_the_same_uids_at_any_time() -> None:
    study, findings, words = normal()
    again = structured_report(
        study,
        findings,
        words,
        None,
        ReportOptions(),
        at=datetime(2031, 1, 1),  # noqa: DTZ001
    )
    assert uids(normal())[0] == again.SOPInstanceUID


def test_all_uids_of_a_report_differ_and_are_valid() -> None:
    made = uids(partial())
    assert len(set(made)) == len(made)
    assert all(UID(uid).is_valid for uid in made)


def changed_options() -> list[ReportOptions]:
    return [
        ReportOptions(sr_class="comprehensive3d"),
        ReportOptions(character_set="ISO_IR 100"),
        ReportOptions(include_patient_text=False),
        ReportOptions(suspicion_threshold=0.6),
    ]


@pytest.mark.parametrize("options", changed_options(), ids=str)
def test_other_options_give_other_uids(options: ReportOptions) -> None:
    assert not set(uids(normal(), options)) & set(uids(normal()))


def test_other_weights_give_other_uids() -> None:
    study, findings, words = normal()
    other = replace(findings, algorithm=replace(ALGORITHM, device_uid="2.25.7"))
    assert not set(uids((study, other, words))) & set(uids(normal()))


def test_other_images_give_other_uids() -> None:
    fewer = study_of("RCC LCC")
    assert not set(uids((fewer, findings_of(fewer), EXPLANATION))) & set(uids(normal()))


def test_other_left_out_images_give_other_uids() -> None:
    late = study_of(left_out=(LeftOut("1.2.3", LeftOutReason.REPEATED),))
    assert not set(uids((late, findings_of(late), EXPLANATION))) & set(uids(normal()))


def test_the_order_of_the_images_does_not_matter() -> None:
    study, findings, words = normal()
    turned = replace(study, views=study.views[::-1])
    assert uids((turned, findings, words))[:2] == uids(normal())[:2]


def test_a_rerun_is_a_new_series_that_tracks_the_same_things() -> None:
    study, findings, words = normal()
    first = structured_report(study, findings, words, None, ReportOptions())
    before = PredecessorReport(first.SOPClassUID, first.SOPInstanceUID, first.SeriesInstanceUID)
    rerun = structured_report(study, findings, words, before, ReportOptions())
    delivered_again = structured_report(study, findings, words, before, ReportOptions())
    assert rerun.SOPInstanceUID == delivered_again.SOPInstanceUID
    assert rerun.SOPInstanceUID != first.SOPInstanceUID
    assert rerun.SeriesInstanceUID != first.SeriesInstanceUID
    tracked = [[g.tracking_uid for g in read_content(r).groups] for r in (first, rerun)]
    assert tracked[0] == tracked[1]

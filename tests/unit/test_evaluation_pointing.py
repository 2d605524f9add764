"""Evidence and regions are compared with the lesions in the stored image, view by view."""

import json
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType, SimpleNamespace
from typing import cast

import numpy as np
import pytest
from pydicom import Dataset, dcmread

from mammovlm.evidence import EvidenceMap
from mammovlm.findings import DensityCategory, Findings, Region, RegionKind, ViewFindings
from mammovlm.model import ModelOutput
from mammovlm.study import HANGING_ORDER, BreastBox, Laterality, Slot, Study
from mammovlm.training.evaluation_labels import LabelledExam
from mammovlm.training.evaluation_pointing import pointing_of
from mammovlm.training.evaluation_scores import (
    ExamOutcome,
    SoughtLesion,
    StudyScores,
    ViewPointing,
)
from mammovlm.training.evaluation_table import EvaluationTable, evaluation_table
from mammovlm.training.lesion_places import LesionPlace, phantom_places
from mammovlm.training.phantoms import (
    Biopsy,
    BreastPoint,
    BreastTruth,
    Lesion,
    LesionKind,
    LesionMark,
    Patient,
    PhantomExam,
    PhantomView,
    write_exam,
)
from mammovlm.training.study_evaluation import FILE_MISSING, Assessor, Journal, assess_exams
from mammovlm.training.study_evaluation_evidence import evidence_lines, measure_evidence
from mammovlm.training.study_evaluation_measures import as_plain
from mammovlm.training.study_evaluation_sources import ExamFiles
from simulated_studies import simulated_study

R_CC, L_CC = HANGING_ORDER[0], HANGING_ORDER[1]
OUTSIDE = -30.0


def _lesion(kind: LesionKind, assessment: int) -> Lesion:
    place = BreastPoint(0.5, 0.0, 0.0)
    return Lesion(kind, "", "", "", "", 10.0, place, assessment, malignant=False)


def _phantom() -> PhantomExam:
    """Four dark views; each shows two lesions as one bright pixel each, the benign one first."""
    lesions = (_lesion(LesionKind.MASS, 4), _lesion(LesionKind.CALCIFICATIONS, 2))
    views = {}
    for number, slot in enumerate(HANGING_ORDER):
        marks = (LesionMark(9, 30 + number, 2, 1), LesionMark(20 + number, 5, 4, 0))
        pixels = np.full((64, 50), 0.1, dtype=np.float32)
        for mark in marks:
            pixels[int(mark.row), int(mark.column)] = 0.5 + 0.5 * (mark.lesion == 0)
        views[slot] = PhantomView(slot, pixels, 0.7, marks, 0.2)
    breasts = [
        BreastTruth(side, DensityCategory.B, 4, Biopsy.NONE, lesions)
        for side in (Laterality.RIGHT, Laterality.LEFT)
    ]
    patient = Patient(50, 60.0, 100.0, 28.0, "GE", 100.0)
    return PhantomExam(1, patient, (breasts[0], breasts[1]), MappingProxyType(views))


def test_a_phantoms_lesions_lie_in_the_stored_pixels_where_its_places_say(tmp_path: Path) -> None:
    exam = _phantom()
    places = phantom_places(exam)
    for slot, file in zip(HANGING_ORDER, write_exam(exam, tmp_path), strict=True):
        stored = dcmread(file).pixel_array
        drawn = np.round(exam.views[slot].pixels * 4095)
        assert np.array_equal(stored, drawn)
        worst, benign = places[slot]
        row, column = np.unravel_index(int(stored.argmax()), stored.shape)
        assert (worst.row, worst.column) == (row + 0.5, column + 0.5)
        assert (worst.kind, worst.assessment, worst.radius) == ("mass", 4, 4)
        assert (benign.kind, benign.assessment) == ("calcifications", 2)


def _evidence(uid: str, row: int, column: int) -> EvidenceMap:
    """Cells of 12 by 10 pixels that begin above the image; the one named is the most evident."""
    logits = np.full((27, 24), OUTSIDE, dtype=np.float32)
    logits[row, column] = 5.0
    return EvidenceMap(uid, logits, -12.0, 0.0, 312.0, 240.0, 2.4)


def _region(row: float, column: float) -> Region:
    return Region(row, column, 20.0, 15.0, 0.9, 0.5, RegionKind.MASS)


def _output(study: Study, regions: Sequence[tuple[Region, ...]]) -> ModelOutput:
    """Give evidence in the cell whose middle is row 150, column 85, of every view."""
    views = tuple(
        ViewFindings(view.slot, view.source.sop_instance_uid, None, "convnext", None, drawn, True)
        for view, drawn in zip(study.views, regions, strict=True)
    )
    findings = cast(Findings, SimpleNamespace(views=views))
    evidence = tuple(_evidence(view.sop_instance_uid, 13, 8) for view in views)
    return ModelOutput(findings, np.zeros((len(views), 128), dtype=np.float32), evidence)


HALF_CELL = float(np.hypot(12, 10) / 2)


@pytest.mark.parametrize(
    ("beside", "is_hit"), [(0.0, True), (HALF_CELL - 0.1, True), (HALF_CELL + 0.1, False)]
)
def test_the_most_evident_cell_hits_what_it_touches(beside: float, is_hit: bool) -> None:
    study = simulated_study((L_CC,))
    lesion = LesionPlace(150.0, 85.0 + 20.0 + beside, 20.0, "mass", 3)
    (seen,) = pointing_of(study, _output(study, [()]), {L_CC: (lesion,)})
    assert seen.is_hit is is_hit
    assert seen.lesions == (SoughtLesion("mass", 3, is_marked=False),)
    area = float((study.views[0].pixels > 0).sum())
    assert seen.chance == pytest.approx(np.pi * (20 + HALF_CELL) ** 2 / area, rel=0.05)


def test_regions_are_counted_on_lesions_and_beside_them() -> None:
    study = simulated_study((R_CC, L_CC))
    places = {
        R_CC: (LesionPlace(150.0, 85.0, 30.0, "mass", 2),),
        L_CC: (
            LesionPlace(220.0, 60.0, 5.0, "calcifications", 4),
            LesionPlace(100.0, 60.0, 20.0, "mass", 5),
            LesionPlace(150.0, 85.0, 30.0, "mass", 2),
        ),
    }
    drawn = (_region(105.0, 70.0), _region(150.0, 85.0))
    output = _output(study, [(_region(150.0, 85.0),), drawn])
    right, left = pointing_of(study, output, places)
    assert right == ViewPointing(R_CC, (), is_hit=False, chance=0.0, regions=1, astray=1)
    assert [(each.assessment, each.is_marked) for each in left.lesions] == [(5, True), (4, False)]
    assert (left.is_hit, left.regions, left.astray) == (False, 2, 1)


def test_where_nothing_looks_for_lesions_no_view_is_compared() -> None:
    study = simulated_study((L_CC,))
    output = replace(_output(study, [()]), evidence=())
    assert pointing_of(study, output, {}) == ()


def test_the_breasts_area_is_told_even_where_it_has_no_outline() -> None:
    study = simulated_study((L_CC,))
    flat = replace(
        study.views[0],
        pixels=np.zeros_like(study.views[0].pixels),
        breast=BreastBox(50, 0, 150, 100),
    )
    places = {L_CC: (LesionPlace(100.0, 50.0, 20.0, "mass", 4),)}
    output = _output(study, [()])
    (seen,) = pointing_of(replace(study, views=(flat,)), output, places)
    assert seen.chance == pytest.approx(np.pi * (20 + HALF_CELL) ** 2 / 10_000, abs=1e-6)


def _study(pointing: tuple[ViewPointing, ...] | None) -> StudyScores:
    return StudyScores(None, (), "convnext", True, "", "", 1.0, None, None, pointing)


def _view(*lesions: SoughtLesion, is_hit: bool = False, regions: int = 0) -> ViewPointing:
    astray = regions - sum(lesion.is_marked for lesion in lesions)
    return ViewPointing(L_CC, lesions, is_hit, 0.05 if lesions else 0.0, regions, astray)


def _table(studies: Sequence[StudyScores]) -> EvaluationTable:
    exams = [LabelledExam(str(n), n, n, {}) for n in range(len(studies))]
    return evaluation_table(
        exams, [ExamOutcome(str(n), "2.25.1", (study,)) for n, study in enumerate(studies)]
    )


def _measured_table() -> EvaluationTable:
    mass, missed = SoughtLesion("mass", 4, True), SoughtLesion("mass", 3, False)
    specks = SoughtLesion("calcifications", 3, True)
    studies = [
        _study((_view(mass, specks, is_hit=True, regions=2), _view())),
        _study((_view(missed, regions=1), _view(regions=1))),
        _study((_view(specks, is_hit=True, regions=1), _view(), _view())),
        _study(()),
    ]
    return _table(studies)


def test_the_game_is_told_for_all_by_category_and_by_kind_with_intervals() -> None:
    result = measure_evidence(_measured_table(), draws=200)
    assert result is not None
    parts = {part.name: part for part in result.parts}
    assert list(parts) == ["all", "BI-RADS 3", "BI-RADS 4 or higher", "calcifications", "mass"]
    counts = {name: (part.views, part.lesions) for name, part in parts.items()}
    assert counts["all"] == (3, 4)
    assert counts["BI-RADS 3"] == (2, 3)
    assert counts["mass"] == (2, 2)
    assert counts["calcifications"] == (1, 2)
    everything = parts["all"]
    assert everything.hits is not None
    assert everything.marked is not None
    assert everything.hits.value == pytest.approx(2 / 3)
    assert everything.hits.low < everything.hits.value < everything.hits.high
    assert everything.marked.value == pytest.approx(3 / 4)
    assert everything.chance == pytest.approx(0.05)
    assert result.quiet_views == 4
    assert result.regions_in_quiet is not None
    assert result.without_region is not None
    assert result.astray is not None
    assert result.regions_in_quiet.value == pytest.approx(1 / 4)
    assert result.without_region.value == pytest.approx(3 / 4)
    assert result.astray.value == pytest.approx(1 / 3)
    assert result.not_searched == 1


def test_the_report_says_what_was_counted_in_words_and_numbers() -> None:
    result = measure_evidence(_measured_table(), draws=100)
    assert result is not None
    told = "\n".join(evidence_lines(result))
    assert "## Where the evidence lies" in told
    assert "| all | 3 | 0.667 [" in told
    assert "| BI-RADS 4 or higher | 1 | 1.000 [1.000, 1.000] | 0.050 | 1 | 1.000 [" in told
    assert "nothing looks for lesions, because their expert is untrained: 1." in told
    assert "share of these views without any region: 0.750 [" in told
    assert "nan" not in told
    numbers = json.loads(json.dumps(as_plain(result), allow_nan=False))
    assert numbers["parts"][0]["hits"]["value"] == pytest.approx(2 / 3)


def test_nothing_is_told_where_nobody_knows_where_lesions_lie_or_none_is_there() -> None:
    assert measure_evidence(_table([_study(None)])) is None
    quiet = measure_evidence(_table([_study((_view(),))]), draws=100)
    assert quiet is not None
    told = "\n".join(evidence_lines(quiet))
    assert "| all | 0 | – | – | 0 | – |" in told
    assert "Views that show such a lesion" not in told


@dataclass
class _Shelf:
    """One exam whose file is gone, so that asking for it shows."""

    tells_places: bool
    description: str = "one exam"

    @property
    def exams(self) -> Sequence[LabelledExam]:
        return [LabelledExam("a", 1, 1, {})]

    def files(self, exam: LabelledExam) -> AbstractContextManager[ExamFiles]:
        del exam
        return nullcontext(ExamFiles([Path("gone.dcm")], {}))

    def vendor(self, header: Dataset) -> str:
        del header
        return ""


def test_an_older_journal_is_read_and_assessed_anew_only_where_places_are_known(
    tmp_path: Path,
) -> None:
    path = tmp_path / "assessed.jsonl"
    Journal(path, "2.25.1").add(ExamOutcome("a", "2.25.1", (_study(None),)))
    line = json.loads(path.read_text())
    del line["studies"][0]["pointing"]
    path.write_text(json.dumps(line) + "\n")

    algorithm = SimpleNamespace(device_uid="2.25.1")
    probe = SimpleNamespace(knows=lambda branches: branches is None)
    assessor = cast(
        Assessor, SimpleNamespace(model=SimpleNamespace(algorithm=algorithm), probe=probe)
    )
    (kept,) = assess_exams(_Shelf(tells_places=False), assessor, Journal(path, "2.25.1"))
    assert kept.studies == (_study(None),)
    (anew,) = assess_exams(_Shelf(tells_places=True), assessor, Journal(path, "2.25.1"))
    assert anew.refusals == (FILE_MISSING,)


def test_what_is_known_of_the_views_comes_back_from_the_journal(tmp_path: Path) -> None:
    path = tmp_path / "assessed.jsonl"
    known = _study((_view(SoughtLesion("mass", 4, True), is_hit=True, regions=2),))
    Journal(path, "2.25.1").add(ExamOutcome("a", "2.25.1", (known,)))
    found = Journal(path, "2.25.1").find("a")
    assert found is not None
    assert found.studies == (known,)
    assert isinstance(found.studies[0].pointing, tuple)
    assert found.studies[0].pointing[0].slot == Slot(L_CC.laterality, L_CC.position)

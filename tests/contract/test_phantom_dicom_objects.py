"""Phantom DICOM objects conform to PS3.3 and say on every level that they are simulated."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pydicom
import pytest
from click.testing import CliRunner
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGLSLossless,
    RLELossless,
)

from mammovlm.study import HANGING_ORDER, Laterality
from mammovlm.training.phantoms import PhantomExam, WritingOptions, phantom_exam, write_exam
from mammovlm.training.phantoms.__main__ import main

EVERYTHING = WritingOptions(processing_twins=True, additional_views=True, tomosynthesis=True)
HARD = WritingOptions(monochrome1=True, implants=True, processing_twins=True)


@pytest.fixture(scope="module")
def exam() -> PhantomExam:
    return phantom_exam(3, rows=200, assessment=5, vendor="GE")


@pytest.mark.parametrize("options", [EVERYTHING, HARD], ids=["everything", "hard"])
def test_dciodvfy_finds_no_error_in_any_object(
    exam: PhantomExam,
    options: WritingOptions,
    tmp_path: Path,
    require_program: Callable[..., str],
) -> None:
    validator = require_program("dciodvfy", "dicom3tools")
    paths = write_exam(exam, tmp_path, options)
    assert len(paths) >= 8
    for path in paths:
        checked = subprocess.run(
            [validator, "-new", str(path)], capture_output=True, text=True, check=False
        )
        errors = [line for line in checked.stderr.splitlines() if line.startswith("Error")]
        assert not errors


def test_every_object_says_that_it_is_simulated(exam: PhantomExam, tmp_path: Path) -> None:
    for path in write_exam(exam, tmp_path, EVERYTHING):
        dataset = pydicom.dcmread(path, stop_before_pixels=True)
        assert str(dataset.PatientName).startswith("PHANTOM^")
        assert dataset.PatientID.startswith("PHANTOM-")
        assert "Simulated" in dataset.StudyDescription
        assert "Simulated" in dataset.SeriesDescription
        assert "SIMULATED" in dataset.ImageComments


def test_a_standard_exam_is_four_images_of_one_study_in_hanging_order(
    exam: PhantomExam, tmp_path: Path
) -> None:
    datasets = [pydicom.dcmread(path) for path in write_exam(exam, tmp_path)]
    views = [(dataset.ImageLaterality, dataset.ViewPosition) for dataset in datasets]
    assert views == [(slot.laterality, slot.position) for slot in HANGING_ORDER]
    assert len({dataset.StudyInstanceUID for dataset in datasets}) == 1
    assert len({dataset.SOPInstanceUID for dataset in datasets}) == 4
    for slot, dataset in zip(HANGING_ORDER, datasets, strict=True):
        grey = dataset.pixel_array / 4095
        assert np.abs(grey - exam.views[slot].pixels).max() < 1 / 4000
        assert dataset.PatientOrientation[0] == ("A" if slot.laterality is Laterality.LEFT else "P")


def test_the_same_exam_is_written_with_the_same_identifiers(
    exam: PhantomExam, tmp_path: Path
) -> None:
    first = write_exam(exam, tmp_path / "a", EVERYTHING)
    again = write_exam(phantom_exam(3, rows=200, assessment=5, vendor="GE"), tmp_path, EVERYTHING)
    other = write_exam(phantom_exam(4, rows=200), tmp_path / "b", EVERYTHING)
    assert [path.name for path in first] == [path.name for path in again]
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in again]
    assert not {path.name for path in first} & {path.name for path in other}


def test_inverted_images_look_the_same_to_a_conforming_viewer(
    exam: PhantomExam, tmp_path: Path
) -> None:
    plain = write_exam(exam, tmp_path / "plain")
    inverted = write_exam(exam, tmp_path / "inverted", WritingOptions(monochrome1=True))
    for one, other in zip(plain, inverted, strict=True):
        assert one.name != other.name
        positive, negative = pydicom.dcmread(one), pydicom.dcmread(other)
        assert negative.PhotometricInterpretation == "MONOCHROME1"
        assert np.array_equal(positive.pixel_array, 4095 - negative.pixel_array)


def test_twins_are_linked_through_the_source_image_sequence(
    exam: PhantomExam, tmp_path: Path
) -> None:
    datasets = [
        pydicom.dcmread(path)
        for path in write_exam(exam, tmp_path, WritingOptions(processing_twins=True))
    ]
    shown, raw = datasets[:4], datasets[4:]
    for one, twin in zip(shown, raw, strict=True):
        assert twin.PresentationIntentType == "FOR PROCESSING"
        assert one.SourceImageSequence[0].ReferencedSOPInstanceUID == twin.SOPInstanceUID
        # More X-rays behind less tissue: raw and shown grey levels run against each other.
        shades = np.corrcoef(one.pixel_array.ravel(), twin.pixel_array.ravel())[0, 1]
        assert shades < -0.8


def test_implants_come_in_pairs_with_the_displaced_view_marked(
    exam: PhantomExam, tmp_path: Path
) -> None:
    datasets = [
        pydicom.dcmread(path) for path in write_exam(exam, tmp_path, WritingOptions(implants=True))
    ]
    assert len(datasets) == 8
    for shown, displaced in zip(datasets[:4], datasets[4:], strict=True):
        assert shown.BreastImplantPresent == displaced.BreastImplantPresent == "YES"
        assert shown.ViewPosition == displaced.ViewPosition
        assert not shown.ViewCodeSequence[0].ViewModifierCodeSequence
        modifier = displaced.ViewCodeSequence[0].ViewModifierCodeSequence[0]
        assert modifier.CodeValue == "399209000"
        assert shown.pixel_array.mean() > displaced.pixel_array.mean()


def test_additional_views_are_magnified_pictures_of_the_lesion(
    exam: PhantomExam, tmp_path: Path
) -> None:
    paths = write_exam(exam, tmp_path, WritingOptions(additional_views=True))
    spot, magnified = (pydicom.dcmread(path) for path in paths[4:])
    codes = [
        {item.CodeValue for item in dataset.ViewCodeSequence[0].ViewModifierCodeSequence}
        for dataset in (spot, magnified)
    ]
    assert codes == [{"399055006"}, {"399055006", "399163009"}]
    assert magnified.EstimatedRadiographicMagnificationFactor == pytest.approx(1.8)


@pytest.mark.parametrize(
    "syntax",
    [
        ImplicitVRLittleEndian,
        DeflatedExplicitVRLittleEndian,
        JPEGLSLossless,
        JPEG2000Lossless,
        RLELossless,
    ],
    ids=lambda syntax: syntax.name,
)
def test_every_transfer_syntax_keeps_the_grey_levels(
    exam: PhantomExam, tmp_path: Path, syntax: UID
) -> None:
    plain = write_exam(exam, tmp_path / "plain")
    packed = write_exam(exam, tmp_path / "packed", WritingOptions(transfer_syntax=syntax))
    for one, other in zip(plain, packed, strict=True):
        dataset = pydicom.dcmread(other)
        assert dataset.file_meta.TransferSyntaxUID == syntax
        assert np.array_equal(pydicom.dcmread(one).pixel_array, dataset.pixel_array)


def test_a_lossy_transfer_syntax_is_refused(exam: PhantomExam, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not written in transfer syntax"):
        write_exam(exam, tmp_path, WritingOptions(transfer_syntax=JPEGBaseline8Bit))


def test_the_command_writes_exams_with_their_truth(tmp_path: Path) -> None:
    called = CliRunner().invoke(
        main, ["--count", "2", "--rows", "96", "--out", str(tmp_path), "--density", "C"]
    )
    assert called.exit_code == 0, called.output
    assert len(list(tmp_path.glob("phantom-*/*.dcm"))) == 8
    assert all('"density": "C"' in p.read_text() for p in tmp_path.glob("phantom-*/truth.json"))
    pictures = CliRunner().invoke(
        main, ["--count", "1", "--rows", "96", "--out", str(tmp_path / "png"), "--png"]
    )
    assert pictures.exit_code == 0, pictures.output
    assert len(list(tmp_path.glob("png/phantom-*/*.png"))) == 4

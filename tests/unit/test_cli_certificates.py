"""Test certificates and passwords: what they are for, who may read them, no overwriting."""

import base64
import hashlib
import json
import ssl
import stat
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID, ExtensionOID

from mammovlm.cli import main


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made: Path = tmp_path_factory.mktemp("secrets")
    assert run("certificates", made, "--host", "pacs.test", "--host", "192.0.2.7").exit_code == 0
    assert run("passwords", made).exit_code == 0
    return made


def run(command: str, folder: Path, *options: str) -> Result:
    return CliRunner().invoke(main, [command, "--out", str(folder), *options])


def certificate(folder: Path, name: str) -> x509.Certificate:
    return x509.load_pem_x509_certificate((folder / f"{name}.crt").read_bytes())


def usages(folder: Path, name: str) -> set[str]:
    usage = certificate(folder, name).extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    known = {
        ExtendedKeyUsageOID.SERVER_AUTH: "server",
        ExtendedKeyUsageOID.CLIENT_AUTH: "client",
    }
    return {known[oid] for oid in usage.value}


def test_every_certificate_is_signed_by_the_authority_beside_it(folder: Path) -> None:
    authority = certificate(folder, "ca")
    for path in folder.glob("*.crt"):
        certificate(folder, path.stem).verify_directly_issued_by(authority)


def test_keys_fit_their_certificates(folder: Path) -> None:
    for path in folder.glob("*.key"):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path.with_suffix(".crt"), path)


def test_servers_are_servers_and_clients_are_clients_only(folder: Path) -> None:
    assert usages(folder, "orthanc") == {"server", "client"}
    assert usages(folder, "rabbitmq") == usages(folder, "proxy") == {"server"}
    assert usages(folder, "worker") == usages(folder, "modality") == {"client"}


def test_servers_are_known_by_their_own_and_by_the_given_names(folder: Path) -> None:
    extension = certificate(folder, "proxy").extensions.get_extension_for_oid(
        ExtensionOID.SUBJECT_ALTERNATIVE_NAME
    )
    names = extension.value
    assert isinstance(names, x509.SubjectAlternativeName)
    assert {"proxy", "localhost", "pacs.test"} <= set(names.get_values_for_type(x509.DNSName))
    assert "192.0.2.7" in {str(ip) for ip in names.get_values_for_type(x509.IPAddress)}


def test_only_the_owner_reads_keys_and_passwords_and_everyone_reads_certificates(
    folder: Path,
) -> None:
    for path in folder.iterdir():
        wanted = 0o644 if path.suffix == ".crt" else 0o600
        assert stat.S_IMODE(path.stat().st_mode) == wanted, path


def test_every_certificate_says_that_it_is_for_tests(folder: Path, tmp_path: Path) -> None:
    assert all(
        "test" in certificate(folder, path.stem).subject.rfc4514_string()
        for path in folder.glob("*.crt")
    )
    assert "FOR TESTS ONLY" in run("certificates", tmp_path).output


@pytest.mark.parametrize("command", ["certificates", "passwords"])
def test_files_that_are_there_are_never_replaced_silently(folder: Path, command: str) -> None:
    before = {path: path.read_bytes() for path in folder.iterdir()}
    refused = run(command, folder)
    assert refused.exit_code == 1
    assert "--replace" in refused.output
    assert {path: path.read_bytes() for path in folder.iterdir()} == before


def test_replaced_files_are_new_ones_with_the_same_rights(tmp_path: Path) -> None:
    run("passwords", tmp_path)
    password = tmp_path / "monitoring_password"
    before = password.read_text()
    password.chmod(0o644)
    assert run("passwords", tmp_path, "--replace").exit_code == 0
    assert password.read_text() != before
    assert stat.S_IMODE(password.stat().st_mode) == 0o600


def test_the_brokers_users_are_written_without_their_passwords(folder: Path) -> None:
    text = (folder / "rabbitmq_users.json").read_text()
    users = {user["name"]: user["password_hash"] for user in json.loads(text)["users"]}
    for name, file in {
        "plugin": "plugin_broker_password",
        "worker": "mammovlm_broker_password",
    }.items():
        password = (folder / file).read_text()
        salted = base64.b64decode(users[name])
        assert salted[4:] == hashlib.sha256(salted[:4] + password.encode()).digest()
        assert password not in text


def test_the_archive_knows_the_passwords_that_worker_and_monitoring_use(folder: Path) -> None:
    users = json.loads((folder / "orthanc_users.json").read_text())["RegisteredUsers"]
    assert users["worker"] == (folder / "mammovlm_dicomweb_password").read_text()
    assert users["monitoring"] == (folder / "monitoring_password").read_text()
    assert len(set(users.values())) == len(users) == 3

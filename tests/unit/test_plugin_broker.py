"""How the plugin reaches its broker: the password from a file, TLS with names compared, rights."""

import ssl
from pathlib import Path

import pytest

from mammovlm.cli.test_authority import Holder, Pair, TestAuthority
from mammovlm_orthanc import topology
from mammovlm_orthanc.broker import Broker
from mammovlm_orthanc.settings import SettingRefused, Settings


@pytest.fixture(scope="module")
def pair() -> Pair:
    return TestAuthority().issue(Holder("orthanc"))


def broker(**section: object) -> Broker:
    url = {"BrokerUrl": "amqps://plugin@broker.test:5671/mammovlm"}
    return Broker.from_settings(Settings.from_configuration({"MammoVLM": {**url, **section}}))


def test_the_password_comes_from_a_file_and_is_not_shown(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("from the file\n")
    ours = broker(BrokerPasswordFile=str(file))
    credentials = ours.parameters().credentials
    assert (credentials.username, credentials.password) == ("plugin", "from the file")
    assert "from the file" not in repr(ours)


def test_a_password_file_that_cannot_be_read_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(SettingRefused, match="BrokerPasswordFile"):
        broker(BrokerPasswordFile=str(tmp_path / "missing"))


def test_over_tls_the_brokers_certificate_must_bear_the_name_we_call(
    tmp_path: Path, pair: Pair
) -> None:
    certificate, key = tmp_path / "a.crt", tmp_path / "a.key"
    certificate.write_bytes(pair.certificate)
    key.write_bytes(pair.key)
    options = broker(
        BrokerCa=str(certificate), BrokerCertificate=str(certificate), BrokerKey=str(key)
    ).parameters().ssl_options  # fmt: skip
    assert options.server_hostname == "broker.test"
    assert options.context.check_hostname
    assert options.context.verify_mode is ssl.CERT_REQUIRED


def test_certificates_that_cannot_be_used_are_refused_by_name(tmp_path: Path) -> None:
    for content in (None, "no certificate"):
        file = tmp_path / "ca.crt"
        if content:
            file.write_text(content)
        with pytest.raises(SettingRefused, match="BrokerCa"):
            broker(BrokerCa=str(file)).parameters()


def test_without_tls_nothing_is_encrypted_and_with_it_the_systems_authorities_are_known() -> None:
    assert broker(BrokerUrl="amqp://broker.test//").parameters().ssl_options is None
    assert broker().parameters().ssl_options is not None


def test_a_plugin_with_least_rights_declares_nothing() -> None:
    topology.declare(None, makes_queues=broker(DeclareQueues="false").makes_queues)

"""How a worker is told of its broker: secrets from files, certificates for TLS, rights."""

import ssl
from pathlib import Path

import pytest
from pydantic import ValidationError

from mammovlm.settings import Settings
from mammovlm.tasks.application import create_application
from mammovlm.tasks.broker import broker_options

PASSWORD = "broker_password"
URL = "amqps://worker@broker.test:5671/mammovlm"


def settings(**values: object) -> Settings:
    return Settings.model_validate({"broker_url": URL, **values})


def test_secrets_come_from_files_where_the_environment_has_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mammovlm_broker_password").write_text("from the file\n")
    (tmp_path / "mammovlm_dicomweb_password").write_text("from the file")
    (tmp_path / "somebody_elses_secret").write_text("not ours")
    monkeypatch.setenv("MAMMOVLM_SECRETS_DIR", str(tmp_path))
    monkeypatch.setenv("MAMMOVLM_DICOMWEB_PASSWORD", "from the environment")
    now = Settings()
    assert now.broker_password.get_secret_value() == "from the file"
    assert now.dicomweb_password.get_secret_value() == "from the environment"


def test_the_password_is_put_into_an_address_that_names_only_the_user() -> None:
    options = broker_options(settings(**{PASSWORD: "a/b@c:d"}))
    assert options["broker_url"] == "amqps://worker:a%2Fb%40c%3Ad@broker.test:5671/mammovlm"


def test_a_password_in_the_address_is_left_as_it_is() -> None:
    url = "amqp://worker:own@broker.test:5672//"
    assert broker_options(settings(**{"broker_url": url, PASSWORD: "other"})) == {"broker_url": url}


def test_tls_always_compares_the_brokers_name_with_its_certificate(tmp_path: Path) -> None:
    tls = broker_options(settings(broker_ca_bundle=tmp_path / "ca.crt"))["broker_use_ssl"]
    assert tls["cert_reqs"] is ssl.CERT_REQUIRED
    assert tls["server_hostname"] is None  # kombu puts in the host of the address
    assert tls["ca_certs"] == str(tmp_path / "ca.crt")


@pytest.mark.parametrize(
    ("values", "complaint"),
    [
        ({"broker_certificate": "worker.crt"}, "give both"),
        ({"broker_url": "amqp://broker.test//", "broker_ca_bundle": "ca.crt"}, "need amqps://"),
    ],
)
def test_certificates_that_would_not_be_used_are_refused(
    values: dict[str, str], complaint: str
) -> None:
    with pytest.raises(ValidationError, match=complaint):
        settings(**values)


def test_no_password_is_shown_with_the_settings() -> None:
    secrets = dict.fromkeys((PASSWORD, "dicomweb_password"), "hidden")
    assert "hidden" not in repr(settings(**secrets))


def test_a_worker_with_least_rights_declares_nothing() -> None:
    queues = create_application(settings(declare_queues=False)).conf.task_queues
    assert "mammovlm.analysis" in {queue.name for queue in queues}
    assert all(queue.no_declare for queue in queues)

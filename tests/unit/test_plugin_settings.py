"""Settings of the plugin: what is allowed, and how a wrong one is told."""

import pytest

from mammovlm_orthanc.broker import connection_parameters
from mammovlm_orthanc.settings import SettingRefused, Settings


def test_everything_has_a_default() -> None:
    settings = Settings.from_configuration({})
    assert (settings.quiet_s, settings.deadline_s, settings.enabled) == (5.0, 600.0, True)


def test_numbers_may_come_as_text_from_the_environment() -> None:
    section = {"QuietSeconds": "2.5", "Enabled": "false"}
    settings = Settings.from_configuration({"MammoVLM": section})
    assert (settings.quiet_s, settings.enabled) == (2.5, False)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("QuietSeconds", "soon"),
        ("QuietSeconds", 0),
        ("DeadlineSeconds", -1),
        ("DeadlineSeconds", "nan"),
        ("StuckSeconds", "inf"),
        ("Enabled", "perhaps"),
        ("AcceptSynthesized2D", 2),
        ("BrokerUrl", "http://user:secret@host"),
        ("BrokerUrl", "amqp://user:secret@host:port"),
        ("QuietSecond", 5),
    ],
)
def test_a_wrong_setting_is_refused_by_name_without_its_secrets(name: str, value: object) -> None:
    with pytest.raises(SettingRefused) as refused:
        Settings.from_configuration({"MammoVLM": {name: value}})
    assert name in str(refused.value)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("seconds", [0, 365 * 86400 + 1])
def test_a_time_out_of_bounds_is_refused_with_both_bounds(seconds: int) -> None:
    with pytest.raises(SettingRefused, match="above 0 and at most 31536000"):
        Settings.from_configuration({"MammoVLM": {"QuietSeconds": seconds}})
    longest = Settings.from_configuration({"MammoVLM": {"QuietSeconds": 365 * 86400}})
    assert longest.quiet_s == 365 * 86400


@pytest.mark.parametrize(
    ("url", "virtual_host"),
    [
        ("amqp://guest:guest@127.0.0.1:5672//", "/"),
        ("amqp://guest:guest@127.0.0.1:5672", "/"),
        ("amqp://guest:guest@127.0.0.1:5672/%2F", "/"),
        ("amqp://guest:guest@127.0.0.1:5672/ward", "ward"),
    ],
)
def test_a_broker_url_means_the_same_as_to_celery(url: str, virtual_host: str) -> None:
    assert connection_parameters(url).virtual_host == virtual_host

"""The production configuration: who may use the broker over AMQPS, and for what."""

from collections.abc import Callable

import pika
import pytest
from pika.exceptions import ChannelClosedByBroker, ProbableAuthenticationError

from production_system import BROKER_FAULTS, ProductionSystem, Secrets

pytestmark = pytest.mark.system


def test_the_broker_takes_no_connection_without_tls(system: ProductionSystem) -> None:
    with pytest.raises(BROKER_FAULTS):
        system.broker("worker", system.secrets.text("mammovlm_broker_password"), None)


def test_the_broker_takes_no_client_without_a_certificate_of_our_authority(
    system: ProductionSystem, foreign: Secrets
) -> None:
    password = system.secrets.text("mammovlm_broker_password")
    for tls in (
        system.secrets.client_context(),
        system.secrets.client_context("worker", foreign.folder),
    ):
        with pytest.raises(BROKER_FAULTS):
            system.broker("worker", password, tls)


@pytest.mark.parametrize("user", ["worker", "plugin", "guest"])
def test_the_broker_takes_no_wrong_password(system: ProductionSystem, user: str) -> None:
    with pytest.raises(ProbableAuthenticationError):
        system.broker(user, "guest", system.secrets.client_context("worker"))


def _declare(channel: pika.channel.Channel) -> None:
    channel.queue_declare("mammovlm.mine")


def _delete(channel: pika.channel.Channel) -> None:
    channel.queue_delete("mammovlm.analysis")


def _purge(channel: pika.channel.Channel) -> None:
    channel.queue_purge("mammovlm.events")


def _read_events(channel: pika.channel.Channel) -> None:
    channel.basic_get("mammovlm.events")


def _read_dead(channel: pika.channel.Channel) -> None:
    channel.basic_get("mammovlm.dead")


def _make_a_job(channel: pika.channel.Channel) -> None:
    channel.confirm_delivery()
    channel.basic_publish("mammovlm", "analysis", b"{}", mandatory=True)


def _write_past_the_exchange(channel: pika.channel.Channel) -> None:
    channel.confirm_delivery()
    channel.basic_publish("", "mammovlm.dead", b"{}", mandatory=True)


def _read_jobs(channel: pika.channel.Channel) -> None:
    channel.basic_get("mammovlm.analysis")


def _make_an_event(channel: pika.channel.Channel) -> None:
    channel.confirm_delivery()
    channel.basic_publish("mammovlm", "events", b"{}", mandatory=True)


@pytest.mark.parametrize(
    ("user", "forbidden"),
    [
        *(
            ("worker", act)
            for act in (_declare, _delete, _purge, _read_events, _read_dead, _make_a_job)
        ),
        ("worker", _write_past_the_exchange),
        *(("plugin", act) for act in (_declare, _delete, _read_jobs, _make_an_event)),
    ],
)
def test_users_of_the_broker_do_nothing_beyond_their_task(
    system: ProductionSystem, user: str, forbidden: Callable[[pika.channel.Channel], None]
) -> None:
    files = {"worker": "mammovlm_broker_password", "plugin": "plugin_broker_password"}
    tls = system.secrets.client_context("worker" if user == "worker" else "orthanc")
    with (
        system.broker(user, system.secrets.text(files[user]), tls) as connection,
        pytest.raises(ChannelClosedByBroker, match="ACCESS_REFUSED"),
    ):
        forbidden(connection.channel())

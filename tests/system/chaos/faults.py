"""The faults: each one strikes, lasts, and is over when its function returns."""

import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeAlias

from local_servers import Server
from system.chaos.installation import Installation
from system.chaos.tcp_link import Mode, TcpLink

Strike: TypeAlias = Callable[[Installation, random.Random], None]
_CLOCK_STEPS_S = (0, 90, -90, 3600, -3600, 7 * 3600)
"""The last one is beyond the time after which jobs are sent again (StuckSeconds)."""


def _kill_child(site: Installation, _chance: random.Random) -> None:
    site.worker.kill_child()


def _kill_worker(site: Installation, _chance: random.Random) -> None:
    site.worker.kill()
    site.worker.start()


def _kill_worker_but_not_its_child(site: Installation, _chance: random.Random) -> None:
    site.worker.kill_parent()
    site.worker.start()


def _kill_broker(site: Installation, chance: random.Random) -> None:
    _down_for_a_while(site.broker, chance)


def _kill_orthanc(site: Installation, chance: random.Random) -> None:
    _down_for_a_while(site.orthanc, chance)


def _kill_everything(site: Installation, chance: random.Random) -> None:
    """Take the power away from all programs at once; they come back in any order."""
    programs: list[Server] = [site.worker, site.orthanc, site.broker]
    for program in programs:
        program.kill()
    others = [site.orthanc, site.broker]
    chance.shuffle(others)
    for program in others:
        program.start()
    site.worker.start()  # it reports that it is ready when broker and archive are back


def _cut_archive(site: Installation, chance: random.Random) -> None:
    _disturb(site.to_archive, Mode.CUT, chance.uniform(1, 5))


def _silence_archive(site: Installation, chance: random.Random) -> None:
    _disturb(site.to_archive, Mode.SILENT, chance.uniform(2, 8))


def _slow_archive(site: Installation, chance: random.Random) -> None:
    _disturb(site.to_archive, Mode.SLOW, chance.uniform(4, 8))


def _cut_worker_from_broker(site: Installation, chance: random.Random) -> None:
    _disturb(site.worker_to_broker, Mode.CUT, chance.uniform(1, 5))


def _silence_plugin_and_broker(site: Installation, chance: random.Random) -> None:
    _disturb(site.plugin_to_broker, Mode.SILENT, chance.uniform(2, 8))


def _cut_plugin_from_broker(site: Installation, chance: random.Random) -> None:
    _disturb(site.plugin_to_broker, Mode.CUT, chance.uniform(1, 5))


def _fill_disk(site: Installation, chance: random.Random) -> None:
    site.disk.fill()
    time.sleep(chance.uniform(2, 6))
    site.disk.free()


def _step_clock(site: Installation, chance: random.Random) -> None:
    site.clock.step_to(chance.choice(_CLOCK_STEPS_S))
    time.sleep(1.5)  # by then every program has looked at it


@dataclass(frozen=True)
class Fault:
    """A kind of fault.

    Parameters
    ----------
    strike
        Lets it happen and ends it.
    awaits
        State that some study must be in when it strikes; "" for any moment.
    """

    strike: Strike
    awaits: str = ""


FAULTS: Mapping[str, Fault] = MappingProxyType(
    {
        "worker child killed": Fault(_kill_child, "running"),
        "worker killed": Fault(_kill_worker, "running"),
        "worker killed, not its child": Fault(_kill_worker_but_not_its_child, "running"),
        "broker killed": Fault(_kill_broker),
        "Orthanc killed": Fault(_kill_orthanc),
        "Orthanc killed in the quiet time": Fault(_kill_orthanc, "receiving"),
        "everything killed": Fault(_kill_everything),
        "archive cut off": Fault(_cut_archive, "running"),
        "archive silent": Fault(_silence_archive),
        "archive slow": Fault(_slow_archive),
        "worker cut off from broker": Fault(_cut_worker_from_broker),
        "plugin cut off from broker": Fault(_cut_plugin_from_broker),
        "broker silent to plugin": Fault(_silence_plugin_and_broker),
        "disk full": Fault(_fill_disk),
        "clock stepped": Fault(_step_clock),
    }
)


def possible_faults(site: Installation) -> tuple[str, ...]:
    """Name the faults that this machine allows: some need an administrator or a library."""
    impossible = set()
    if not site.disk.is_mounted:
        impossible.add("disk full")
    if not site.clock.is_there:
        impossible.add("clock stepped")
    return tuple(name for name in FAULTS if name not in impossible)


def _down_for_a_while(program: Server, chance: random.Random) -> None:
    program.kill()
    time.sleep(chance.uniform(0, 4))
    program.start()


def _disturb(link: TcpLink, mode: Mode, seconds: float) -> None:
    link.set_mode(mode)
    time.sleep(seconds)
    link.set_mode(Mode.OPEN)

"""One campaign: studies flow, faults strike at drawn moments, then everything is counted."""

import math
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import cycle, islice

from local_servers import RabbitMQ, wait_until
from system.chaos.accounting import Account, account
from system.chaos.faults import FAULTS, possible_faults
from system.chaos.installation import Installation
from system.chaos.modality import Modalities
from system.chaos.observer import FINAL, Observer
from system.chaos.study_mix import Kind, SentStudy, draw_studies

Notify = Callable[[str], None]
_AWAIT_STATE_S = 5.0
_PATIENCE_S = 900.0
"""How long nothing may happen before the rest counts as lost."""


@dataclass(frozen=True)
class Struck:
    """A fault that struck.

    Parameters
    ----------
    name
        See `faults.FAULTS`.
    at_s, lasted_s
        When, and for how long (including the programs' start).
    recovery_s
        From its end until the next study ended; None where none ended after it.
    """

    name: str
    at_s: float
    lasted_s: float
    recovery_s: float | None


@dataclass(frozen=True)
class Outcome:
    """What came of a campaign.

    Parameters
    ----------
    struck
        The faults.
    first, again
        The studies after the faults, and after every failed one was asked for again.
    dead_letters
        Jobs in the dead-letter queue, by the number of studies' jobs that gave up.
    deliveries
        How often each study that kills its worker was delivered before it was given up.
    refusals
        How often a modality had to send again.
    took_s
        All of it.
    """

    struck: tuple[Struck, ...]
    first: Account
    again: Account
    dead_letters: int
    deliveries: tuple[int, ...]
    refusals: int
    took_s: float


def run_campaign(
    site: Installation,
    *,
    studies: int,
    seed: int,
    notify: Notify,
    faults: Sequence[str] = (),
    studies_per_fault: int = 10,
    minutes: float = math.inf,
) -> Outcome:
    """Send studies while faults strike, wait for the end, count, and ask again for what failed.

    Parameters
    ----------
    site
        The running programs.
    studies
        How many.
    seed
        Of the studies, the faults and their moments.
    notify
        Told what happens.
    faults
        Which ones, in this order; else all that are possible here, shuffled, again and again.
    studies_per_fault
        After how many ended studies the next fault strikes, on average.
    minutes
        After so many, no other study is begun and no other fault strikes.
    """
    chance = random.Random(seed)
    sent = draw_studies(studies, seed)
    observer = Observer(site.orthanc.url)
    modalities = Modalities(sent, site.orthanc.dicom_port, observer)
    for study in sent:
        if study.kind is Kind.POISON:
            site.when_fetched(study.uid, site.worker.kill_child)
    site.worker.start()
    observer.start()
    modalities.start()
    planned = list(faults) or _plan(site, studies // studies_per_fault, chance)
    ends_at = time.monotonic() + minutes * 60
    struck = _strike_all(
        site, observer, planned, studies=studies, chance=chance, ends_at=ends_at, notify=notify
    )
    _wait_for_the_end(site, observer, modalities, ends_at, notify)
    sent = modalities.begun
    first = account(site.orthanc, sent, after_faults=True)
    dead = _count(site.broker, "mammovlm.dead")
    site.forget_poison()
    again = _ask_again(site, observer, sent, first, notify)
    observer.stop()
    return Outcome(
        tuple(_with_recovery(struck, observer)), first, again, dead,
        tuple(sorted(site.fetched.values())), modalities.refusals, observer.now,
    )  # fmt: skip


def _plan(site: Installation, count: int, chance: random.Random) -> list[str]:
    names = list(possible_faults(site))
    chance.shuffle(names)
    return list(islice(cycle(names), count))


def _strike_all(
    site: Installation,
    observer: Observer,
    planned: Sequence[str],
    *,
    studies: int,
    chance: random.Random,
    ends_at: float,
    notify: Notify,
) -> list[tuple[str, float, float]]:
    """Let each fault strike when its share of the studies has ended; give name, begin and end."""
    struck = []
    for place, name in enumerate(planned):
        due = int((place + chance.random()) * studies / (len(planned) + 1))
        if not _is_due(observer, due, ends_at):
            break
        _await_state(observer, FAULTS[name].awaits)
        time.sleep(chance.uniform(0, 0.7))
        begun = observer.now
        notify(f"{len(observer.ended):4d} of {studies} ended; {name}")
        FAULTS[name].strike(site, chance)
        struck.append((name, begun, observer.now))
    return struck


def _is_due(observer: Observer, due: int, ends_at: float) -> bool:
    """Wait until so many studies have ended; say whether there was time for it."""
    wait_until(
        f"{due} studies have ended",
        lambda: len(observer.ended) >= due or time.monotonic() > ends_at,
        _PATIENCE_S,
    )
    return time.monotonic() <= ends_at


def _await_state(observer: Observer, state: str) -> None:
    """Wait a moment until some study is in a state; a fault strikes in any case."""
    deadline = time.monotonic() + _AWAIT_STATE_S
    while state and not observer.any_in(state) and time.monotonic() < deadline:
        time.sleep(0.02)


def _wait_for_the_end(
    site: Installation,
    observer: Observer,
    modalities: Modalities,
    ends_at: float,
    notify: Notify,
) -> None:
    """Wait until all is sent, every study has ended and the queues are empty; or nothing moves."""
    last, since = "", time.monotonic()
    while time.monotonic() - since < _PATIENCE_S:
        if time.monotonic() > ends_at:
            modalities.begin_no_more()
        sent = list(modalities.begun)
        uids = [study.uid for study in sent]
        entries = observer.entries(uids)
        open_ones = [uid for uid in uids if entries[uid].get("state") not in FINAL]
        is_over = modalities.is_done and not open_ones and not _is_late_run_due(sent, entries)
        if is_over and _queues_are_empty(site.broker):
            return
        picture = str(sorted((uid, str(entry)) for uid, entry in entries.items()))
        if picture != last:
            last, since = picture, time.monotonic()
            notify(f"{len(uids) - len(open_ones):4d} of {len(uids)} ended")
        time.sleep(2)
    notify("nothing has moved for a long time")
    modalities.stop()


def _is_late_run_due(sent: Sequence[SentStudy], entries: dict[str, dict[str, object]]) -> bool:
    """Say whether a late view has not made its new run yet."""
    return any(
        entries[study.uid].get("state") == "partial"
        for study in sent
        if study.kind in (Kind.LATE_VIEW, Kind.FOUR_VIEWS, Kind.POISON)
    )


def _queues_are_empty(broker: RabbitMQ) -> bool:
    queues = ("analysis", "analysis.urgent", "events", "dead.notices")
    return not any(_count(broker, f"mammovlm.{queue}") for queue in queues)


def _count(broker: RabbitMQ, queue: str) -> int:
    with broker.connect() as connection:
        declared = connection.channel().queue_declare(queue, passive=True)
        return int(declared.method.message_count)


def _ask_again(
    site: Installation,
    observer: Observer,
    sent: Sequence[SentStudy],
    first: Account,
    notify: Notify,
) -> Account:
    """Ask for every failed study again; all must end as if nothing had happened."""
    notify(f"asking again for {len(first.failed)} failed studies")
    for uid in first.failed:
        site.orthanc.post(f"/mammovlm/studies/{uid}/analyze").raise_for_status()

    def all_ended() -> bool:
        states = [site.orthanc.status(uid).get("state") for uid in first.failed]
        return all(state in FINAL for state in states)

    wait_until("the studies that failed have ended", all_ended, _PATIENCE_S)
    return account(site.orthanc, sent, after_faults=False)


def _with_recovery(struck: Sequence[tuple[str, float, float]], observer: Observer) -> list[Struck]:
    faults = []
    for name, begun, over in struck:
        following = observer.next_end(over)
        recovery = None if following is None else following - over
        faults.append(Struck(name, begun, over - begun, recovery))
    return faults

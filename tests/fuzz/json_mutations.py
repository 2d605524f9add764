"""Seeded damage to JSON documents: other types, other values, missing and surplus names."""

import copy
import json
import random
from collections.abc import Callable
from typing import Any

_DEEP: Any = json.loads("[" * 400 + "]" * 400)
_ODD: tuple[Any, ...] = (
    *(None, True, False, 0, 1, -1, 2, 10**30, 10**400, 1.5, float("inf"), float("nan"), -0.0),
    *(
        "",
        " ",
        "\0",
        "done",
        "failed",
        "RECEIVING",
        "1.2.3",
        "../..",
        "A" * 3000,
        "é乳房",
        "\ud800",
    ),
    *("2026-01-05T10:15:00Z", "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59", "now", "NaN"),
    *([], {}, [[]], [None], {"": ""}, {"a": {"b": []}}, [1, "2", {}], _DEEP),
)


def mutated(document: Any, seed: int) -> Any:
    """Damage a document of JSON's types; the same seed gives the same damage."""
    chance = random.Random(seed)
    damaged = copy.deepcopy(document)
    for _ in range(chance.choice((1, 1, 2, 3))):
        damaged = chance.choice(_DAMAGES)(damaged, chance)
    return damaged


def mutated_bytes(document: Any, seed: int) -> bytes:
    """Damage a document, write it as JSON, and sometimes damage the bytes as well."""
    chance = random.Random(~seed)
    content = json.dumps(mutated(document, seed), ensure_ascii=True).encode()
    if chance.random() < 0.25 and content:
        at = chance.randrange(len(content))
        content = chance.choice((content[:at], content[:at] + b"\xff\x00" + content[at + 1 :]))
    return content


def _replace(document: Any, chance: random.Random) -> Any:
    parent, key = _place(document, chance)
    if parent is None:
        return chance.choice(_ODD)
    parent[key] = copy.deepcopy(chance.choice(_ODD))
    return document


def _remove(document: Any, chance: random.Random) -> Any:
    parent, key = _place(document, chance)
    if parent is not None:
        del parent[key]
    return document


def _add(document: Any, chance: random.Random) -> Any:
    parent, key = _place(document, chance)
    if isinstance(parent, dict):
        parent[chance.choice(("more", "__class__", "", "0008,0005"))] = chance.choice(_ODD)
    elif isinstance(parent, list):
        parent.extend([parent[key]] * chance.choice((1, 50)))
    return document


_DAMAGES: tuple[Callable[[Any, random.Random], Any], ...] = (_replace, _replace, _remove, _add)


def _place(document: Any, chance: random.Random) -> tuple[Any, Any]:
    """Choose a value anywhere in the document; (None, None) for the document itself."""
    parent: Any = None
    key: Any = None
    here = document
    while isinstance(here, dict | list) and here and (parent is None or chance.random() < 0.6):
        parent = here
        key = chance.choice(list(here)) if isinstance(here, dict) else chance.randrange(len(here))
        here = here[key]
    return parent, key

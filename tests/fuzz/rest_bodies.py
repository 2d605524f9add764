"""Damaged bodies of requests: a route's own fields with other values, other types, other bytes."""

import json
import random
from collections.abc import Callable, Mapping
from typing import Any

from fuzz.json_mutations import mutated_bytes

_LENGTHS = (0, 1, 63, 64, 65, 300, 301, 500, 501, 4000, 4001, 10_000, 10_001, 1_000_000)
_DEPTHS = (1, 100, 500, 900, 950, 975, 985, 990, 995, 1000, 5000, 100_000)
_TEXTS = (
    *("\ud83d", "x\udc00y", "\udc00\ud83d", "\0", "\x1b[31m", "\r\nX: y", "\u202e\u2028", "]]>"),
    *(
        "&#0;",
        "<script>",
        "=1+1",
        "{state}",
        "%s%n",
        "\ufffe",
        "\U0001f4a9" * 40,
        " \t ",
        "乳" * 70,
    ),
)
_LITERALS = (
    *("NaN", "Infinity", "-Infinity", "-0", "1e999", "1" * 5000, "true", "null", "0", "[]", "{}"),
    *('"\\u0000"', '"\\ud800"', "tru", '"', "'x'"),
)
_WHOLE = (b"", b" ", b"null", b"5", b'"text"', b"[]", b"{}", b"{", b"\0", b"\xff\xfe", b"[" * 10**5)
_PLAIN, _MUTATED = 0.3, 0.6


def odd_body(document: Mapping[str, Any], chance: random.Random) -> bytes:
    """Write a document as it is, or damaged: in its values, in its JSON, or in its bytes."""
    kind = chance.random()
    if kind < _PLAIN:
        return json.dumps(document).encode()
    if kind < _MUTATED:
        return mutated_bytes(dict(document), chance.randrange(10**6))
    return chance.choice(_DAMAGES)(document, chance)


def _length(document: Mapping[str, Any], chance: random.Random) -> bytes:
    text = chance.choice(("A", "é", "\U0001f4a9", "\0")) * chance.choice(_LENGTHS)
    return json.dumps({**document, _name(document, chance): text}).encode()


def _text(document: Mapping[str, Any], chance: random.Random) -> bytes:
    return json.dumps({**document, _name(document, chance): chance.choice(_TEXTS)}).encode()


def _literal(document: Mapping[str, Any], chance: random.Random) -> bytes:
    return _with(document, chance, chance.choice(_LITERALS).encode())


def _no_utf_8(document: Mapping[str, Any], chance: random.Random) -> bytes:
    return _with(document, chance, b'"\xff\xed\xa0\x80\xc0\xaf"')


def _deep(document: Mapping[str, Any], chance: random.Random) -> bytes:
    depth = chance.choice(_DEPTHS)
    begin, end = chance.choice(((b"[", b"]"), (b'{"a":', b"}")))
    return _with(document, chance, begin * depth + b"1" + end * depth)


def _twice(document: Mapping[str, Any], chance: random.Random) -> bytes:
    """Name a field twice: which of the two counts is for the reader to say, if any does."""
    once = json.dumps(document)[:-1]
    other = json.dumps({_name(document, chance): chance.choice(_TEXTS)})[1:]
    return f"{once}, {other}".encode()


def _without(document: Mapping[str, Any], chance: random.Random) -> bytes:
    name = _name(document, chance)
    return json.dumps({key: value for key, value in document.items() if key != name}).encode()


def _encoded(document: Mapping[str, Any], chance: random.Random) -> bytes:
    return json.dumps(document).encode(chance.choice(("utf-8-sig", "utf-16", "utf-32", "cp500")))


def _surrounded(document: Mapping[str, Any], chance: random.Random) -> bytes:
    content = json.dumps(document).encode()
    return chance.choice((content * 2, content + b"\0", b"\n" * 9 + content, content[:-1]))


def _whole(_document: Mapping[str, Any], chance: random.Random) -> bytes:
    return chance.choice(_WHOLE)


_DAMAGES: tuple[Callable[[Mapping[str, Any], random.Random], bytes], ...] = (
    *(_length, _text, _text, _literal, _no_utf_8, _deep, _twice, _without, _encoded),
    *(_surrounded, _whole),
)


def _with(document: Mapping[str, Any], chance: random.Random, value: bytes) -> bytes:
    """Put bytes in the place of a value."""
    mark = "the value to be replaced"
    content = json.dumps({**document, _name(document, chance): mark}).encode()
    return content.replace(json.dumps(mark).encode(), value)


def _name(document: Mapping[str, Any], chance: random.Random) -> str:
    return chance.choice(sorted(document))

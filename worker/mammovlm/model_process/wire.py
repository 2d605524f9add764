"""Messages between the worker's processes and its model process: JSON and plain float32 numbers.

A message is one JSON text, then the bytes of each of its arrays. Nothing of it is ever executed:
no pickle, so whoever could write to the socket could send wrong numbers at most.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from multiprocessing.connection import Connection
from typing import Any, Final

import numpy as np
import numpy.typing as npt

LONGEST_TEXT: Final = 16 * 2**20
"""Bytes of a message's JSON; a study's is some ten thousand."""

Array = npt.NDArray[np.float32]


class Kind(StrEnum):
    """What a message is."""

    READY = "ready"
    ASSESS = "assess"
    WRITE = "write"
    BEGUN = "begun"
    ASSESSED = "assessed"
    WRITTEN = "written"
    FAILED = "failed"


@dataclass(frozen=True)
class Message:
    """One message.

    Parameters
    ----------
    kind
        What it is.
    content
        What JSON can hold.
    arrays
        float32, of any shape.
    is_alone
        Of a request: it shall be worked on alone. Of its beginning: it is.
    """

    kind: Kind
    content: Mapping[str, Any] = field(default_factory=dict, repr=False)
    arrays: Sequence[Array] = field(default=(), repr=False)
    is_alone: bool = False


def send(connection: Connection, message: Message) -> None:
    """Send a message.

    Raises
    ------
    OSError
        If nobody listens any more.
    """
    shapes = [array.shape for array in message.arrays]
    header = {
        "kind": message.kind,
        "content": message.content,
        "shapes": shapes,
        "is_alone": message.is_alone,
    }
    connection.send_bytes(json.dumps(header).encode())
    for array in message.arrays:
        flat = np.ascontiguousarray(array, dtype=np.float32).reshape(-1)
        connection.send_bytes(flat.data.cast("B") if flat.size else b"")


def receive(connection: Connection) -> Message:
    """Wait for a message.

    Raises
    ------
    EOFError, OSError
        If the other side has gone.
    ValueError
        If it is no message of ours.
    """
    header = json.loads(connection.recv_bytes(LONGEST_TEXT))
    arrays = tuple(_array(connection, shape) for shape in header["shapes"])
    return Message(Kind(header["kind"]), header["content"], arrays, header["is_alone"])


def _array(connection: Connection, shape: Sequence[int]) -> Array:
    array = np.empty(shape, dtype=np.float32)
    if not array.size:
        connection.recv_bytes(0)
        return array
    received = connection.recv_bytes_into(array.reshape(-1).data.cast("B"))
    if received != array.nbytes:
        raise ValueError(f"an array of {array.nbytes} bytes came with {received}")
    return array

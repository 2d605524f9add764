"""Ports for the servers that tests start."""

import random
import socket

# Below the ephemeral range: a port from above may become some other connection's own end between
# the moment it is found free and the moment the server listens on it.
_FIRST, _LAST = 20000, 32000
_chance = random.SystemRandom()  # not the seeded one: test runs side by side must not agree
_given: set[int] = set()


def free_port() -> int:
    """Find a TCP port that nothing listens on and that was not given before."""
    while True:
        port = _chance.randint(_FIRST, _LAST)
        if port not in _given and _is_free(port):
            _given.add(port)
            return port


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True

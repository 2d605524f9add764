"""A network cable that can be pulled: passes TCP on, or slows it, silences it, or cuts it."""

import contextlib
import socket
import threading
import time
from collections.abc import Callable
from enum import Enum

from free_ports import free_port

_CHUNK = 65536
_LOOK_S = 0.05


class Mode(Enum):
    """What the cable does."""

    OPEN = "open"
    CUT = "cut"
    SILENT = "silent"
    SLOW = "slow"


class TcpLink:
    """Listens on a port of its own and passes everything on to another one.

    Parameters
    ----------
    target_port
        Where connections go, on loopback.
    watch
        Sees every piece that goes towards the target, before it is passed on.

    Attributes
    ----------
    port
        Where to connect instead of to the target.
    slow_bytes_per_s, slow_delay_s
        Throughput and delay of each piece while the link is slow.
    """

    def __init__(self, target_port: int, watch: Callable[[bytes], None] | None = None) -> None:
        self.port = free_port()
        self.slow_bytes_per_s, self.slow_delay_s = 40_000, 0.2
        self._target_port = target_port
        self._watch = watch
        self._mode = Mode.OPEN
        self._lock = threading.Lock()
        self._sockets: set[socket.socket] = set()
        self._listener = socket.create_server(("127.0.0.1", self.port))
        threading.Thread(target=self._accept, daemon=True).start()

    def set_mode(self, mode: Mode) -> None:
        """Change what the cable does; a cut also ends what is connected now."""
        self._mode = mode
        if mode is Mode.CUT:
            self._drop_all()

    def close(self) -> None:
        """End everything."""
        self._mode = Mode.CUT
        self._listener.close()
        self._drop_all()

    def _drop_all(self) -> None:
        with self._lock:
            dropped, self._sockets = self._sockets, set()
        for each in dropped:
            _end(each)

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return  # closed
            threading.Thread(target=self._connect, args=(client,), daemon=True).start()

    def _connect(self, client: socket.socket) -> None:
        self._wait_while_silent()
        try:
            if self._mode is Mode.CUT:
                raise ConnectionRefusedError
            target = socket.create_connection(("127.0.0.1", self._target_port), timeout=10)
        except OSError:
            _end(client)
            return
        target.settimeout(None)
        with self._lock:
            self._sockets |= {client, target}
        for source, sink, watch in ((client, target, self._watch), (target, client, None)):
            threading.Thread(target=self._pass_on, args=(source, sink, watch), daemon=True).start()

    def _pass_on(
        self, source: socket.socket, sink: socket.socket, watch: Callable[[bytes], None] | None
    ) -> None:
        try:
            while piece := source.recv(_CHUNK):
                if watch:
                    watch(piece)
                self._wait_while_silent()
                if self._mode is Mode.SLOW:
                    time.sleep(self.slow_delay_s + len(piece) / self.slow_bytes_per_s)
                sink.sendall(piece)
        except OSError:
            pass  # one end has gone; the other is told below
        for each in (source, sink):
            _end(each)
            with self._lock:
                self._sockets.discard(each)

    def _wait_while_silent(self) -> None:
        while self._mode is Mode.SILENT:
            time.sleep(_LOOK_S)


def _end(ended: socket.socket) -> None:
    with contextlib.suppress(OSError):
        ended.shutdown(socket.SHUT_RDWR)
    ended.close()

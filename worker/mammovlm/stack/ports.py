"""Ports that something else holds, told in words that help."""

import socket
from collections.abc import Iterable

import psutil

from mammovlm.stack.program import Program, StackFailed


def require_free(programs: Iterable[Program]) -> None:
    """Check that every port of these programs is free.

    Raises
    ------
    StackFailed
        Naming each port that is taken, by what, and the variable that chooses another.
    """
    complaints = [
        f"Port {port.number}, which {program.name} needs, is taken by {_holder(port.number)}. "
        f"Stop that, or choose another port with {port.variable}=..."
        for program in programs
        for port in program.ports
        if _is_taken(port.number)
    ]
    if complaints:
        raise StackFailed("\n".join(complaints))


def _is_taken(port: int) -> bool:
    for address in ("127.0.0.1", "0.0.0.0"):  # noqa: S104  closed again at once
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((address, port))
            except OSError:
                return True
    return False


def _holder(port: int) -> str:
    try:
        pids = {
            connection.pid
            for connection in psutil.net_connections("tcp")
            if connection.laddr and connection.laddr.port == port and connection.pid
        }
        return " and ".join(f"{psutil.Process(pid).name()} (process {pid})" for pid in pids) or (
            "another program"
        )
    except psutil.Error:  # other users' processes are not shown to everyone
        return "another program"

"""Orthanc, RabbitMQ and the worker as local processes, kept running by supervisord."""

from mammovlm.stack.lifecycle import down, status, up
from mammovlm.stack.program import Program, StackFailed
from mammovlm.stack.programs import PROGRAMS
from mammovlm.stack.settings import StackSettings
from mammovlm.stack.supervision import ProgramState

__all__ = [
    "PROGRAMS",
    "Program",
    "ProgramState",
    "StackFailed",
    "StackSettings",
    "down",
    "status",
    "up",
]

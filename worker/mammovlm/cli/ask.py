"""``mammovlm ask``: put questions about a study's stored result, and print the answers."""

import getpass
import time
from collections.abc import Iterator

import click
from rich.console import Console

from mammovlm.cli.intake_client import IntakeClient, IntakeUnavailable, StudyUnknown
from mammovlm.cli.questions import AnswerGiven, QuestionClient
from mammovlm.cli.service import orthanc_option

_console = Console()
_LOOK_S = 0.3
_ORIGINS = {
    "language-model": "worded by the language model; the check found the report's facts in it",
    "template": "fixed sentences",
    "refusal": "fixed sentences; the question was not put to the language model",
}


@click.command()
@click.argument("study")
@click.argument("question", required=False)
@click.option(
    "--wait",
    "wait_s",
    default=120.0,
    show_default=True,
    type=click.FloatRange(min=1),
    help="Seconds to wait for an answer.",
)
@orthanc_option
def ask(study: str, question: str | None, wait_s: float, orthanc: str) -> None:
    """Ask about the result of STUDY, a Study Instance UID, in English or Chinese.

    Without QUESTION it goes on asking until an empty line. A worker answers from the stored
    report's facts; the conversation is kept with the study, and follow-ups are understood.
    """
    conversation = _Asking(QuestionClient(IntakeClient(orthanc)), study, wait_s)
    try:
        for one in [question] if question else _typed():
            conversation.ask(one)
    except (IntakeUnavailable, StudyUnknown) as failure:
        raise click.ClickException(str(failure)) from failure


class _Asking:
    def __init__(self, client: QuestionClient, study: str, wait_s: float) -> None:
        self._client = client
        self._study = study
        self._wait_s = wait_s

    def ask(self, question: str) -> None:
        """Ask once, and print the answer with where it came from."""
        number = self._client.ask(self._study, question, _user())
        with _console.status("A worker looks at the report …"):
            answer = self._answer(number)
        if answer.origin not in _ORIGINS:
            raise click.ClickException(answer.check)
        click.echo(answer.text)
        why = f" ({answer.check})" if answer.origin == "template" and answer.check else ""
        told = f"[{_ORIGINS[answer.origin]}{why}; a draft that no doctor has checked]"
        _console.print(told, style="dim", markup=False, highlight=False, soft_wrap=True)

    def _answer(self, number: int) -> AnswerGiven:
        deadline = time.monotonic() + self._wait_s
        while True:
            answer = self._client.answer(self._study, number)
            if answer is not None:
                return answer
            if time.monotonic() > deadline:
                raise click.ClickException(
                    f"No worker has answered within {self._wait_s:g} s. Is one running (`mammovlm "
                    "status`)? The question is kept: `mammovlm ask` again, or look at "
                    f"/mammovlm/studies/{self._study}/conversation."
                )
            time.sleep(_LOOK_S)


def _typed() -> Iterator[str]:
    """Give what somebody types, line by line, until an empty line or the end of the input."""
    while True:
        try:
            line = input("Question (empty: end): ").strip()
        except EOFError:
            return
        if not line:
            return
        yield line


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # an account without a name, as in some containers
        return ""

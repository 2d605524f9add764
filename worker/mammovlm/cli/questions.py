"""What the command line asks the plugin about conversations."""

from pydantic import BaseModel

from mammovlm.cli.intake_client import IntakeClient


class AnswerGiven(BaseModel):
    """An answer as the plugin keeps it (ARCHITECTURE.md, questions)."""

    text: str
    origin: str
    check: str


class _Entry(BaseModel):
    number: int
    answer: AnswerGiven | None


class QuestionClient:
    """The plugin's routes for questions.

    Parameters
    ----------
    intake
        The plugin's REST interface.
    """

    def __init__(self, intake: IntakeClient) -> None:
        self._intake = intake

    def ask(self, study: str, question: str, asker: str = "") -> int:
        """Ask about a study's result; give the question's number.

        Raises
        ------
        StudyUnknown
            If Orthanc has no such study, or it has no status.
        IntakeUnavailable
            If the plugin does not answer, or refuses; its reason is the message.
        """
        content = {"question": question, "asker": asker}
        return int(self._intake.ask("POST", f"/mammovlm/studies/{study}/ask", content)["number"])

    def answer(self, study: str, number: int) -> AnswerGiven | None:
        """Give the answer to a question, None while there is none; raises as `ask`."""
        told = self._intake.ask("GET", f"/mammovlm/studies/{study}/conversation")
        entries = [_Entry.model_validate(entry) for entry in told["entries"]]
        return next((entry.answer for entry in entries if entry.number == number), None)

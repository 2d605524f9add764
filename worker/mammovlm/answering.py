"""The way of one question: the report's facts, the images' embeddings, a checked answer."""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt

from mammovlm.archive import Archive
from mammovlm.errors import StudyRejected
from mammovlm.explanation.answers import answer
from mammovlm.explanation.question_prompt import Round
from mammovlm.explanation.reported_facts import reported_facts
from mammovlm.imaging import ReadingLimits, read_study
from mammovlm.job import AnalysisJob
from mammovlm.model import Model
from mammovlm.model.write_request import WriteRequest
from mammovlm.question import AskedQuestion, GivenAnswer
from mammovlm.settings import Settings
from mammovlm.study import Slot
from mammovlm.words import LANGUAGES

REMEMBERED: Final = 8
"""Studies whose embeddings one worker process keeps: a conversation asks for them every time."""
OTHER_WEIGHTS: Final = "the report was made with other weights than this worker has"
NO_IMAGES: Final = "the images of the report cannot be read any more"


@dataclass(frozen=True)
class SeenViews:
    """UMiCon's embeddings of a study, float32, (views, 128), and its views, row by row."""

    embeddings: npt.NDArray[np.float32] = field(repr=False)
    slots: tuple[Slot, ...]


class Answering:
    """Answers questions about stored results.

    Parameters
    ----------
    archive
        Where the images are.
    model, settings
        Of this worker.
    """

    def __init__(self, archive: Archive, model: Model, settings: Settings) -> None:
        self._archive = archive
        self._model = model
        self._settings = settings
        self._seen: OrderedDict[str, SeenViews] = OrderedDict()

    def answer(self, asked: AskedQuestion) -> GivenAnswer:
        """Answer a question.

        The facts are those of the stored report. The language model is asked only if this worker's
        weights made that report, so that the embeddings belong to it; else the template answers.

        Raises
        ------
        ArchiveUnavailable
            If the archive does not answer.
        ModelFailed, ModelUnavailable
            If a model in another process fails with the images, or ends.
        """
        if asked.device_uid != self._model.algorithm.device_uid:
            return self._worded(asked, OTHER_WEIGHTS)
        try:
            return self._worded(asked)
        except StudyRejected:
            return self._worded(asked, NO_IMAGES)

    def _worded(self, asked: AskedQuestion, why_not_asked: str = "") -> GivenAnswer:
        def write(prompt: str, *, likely: Sequence[str]) -> str:
            seen = self._views(asked)
            return self._model.write(WriteRequest(prompt, seen.embeddings, seen.slots, likely))

        told = answer(
            asked.question,
            [Round(question, said) for question, said in asked.earlier],
            reported_facts(asked, self._settings.suspicion_threshold),
            None if why_not_asked else write,
            language=asked.language if asked.language in LANGUAGES else self._settings.language,
            why_not_asked=why_not_asked,
            shows_question=not self._settings.language_model_url,
        )
        return GivenAnswer(told.text, str(told.origin), told.check, told.language, told.topics)

    def _views(self, asked: AskedQuestion) -> SeenViews:
        """Give the embeddings of a report's images; they are computed once."""
        if asked.report_uid not in self._seen:
            self._seen[asked.report_uid] = self._looked_at(asked)
            while len(self._seen) > REMEMBERED:
                self._seen.popitem(last=False)
        self._seen.move_to_end(asked.report_uid)
        return self._seen[asked.report_uid]

    def _looked_at(self, asked: AskedQuestion) -> SeenViews:
        job = AnalysisJob(asked.study_instance_uid, asked.instances, asked.left_out)
        limits = ReadingLimits.from_settings(self._settings)
        instances = self._archive.fetch(job)
        study = read_study(job.study_instance_uid, instances, job.left_out, limits)
        output = self._model.assess(study)
        return SeenViews(output.embeddings, tuple(view.slot for view in output.findings.views))

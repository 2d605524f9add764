"""The way of a question in the worker: whose weights made the report, and when images are read."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, cast

import numpy as np
import pytest
import requests

from mammogram_files import as_file, four_views
from mammovlm.answering import NO_IMAGES, OTHER_WEIGHTS, Answering
from mammovlm.archive.questions import PluginQuestions, QuestionGone
from mammovlm.errors import ArchiveUnavailable, ResultInvalid
from mammovlm.job import AnalysisJob, StoredDocument, StoredInstance
from mammovlm.model import MammoVLM
from mammovlm.model.write_request import WriteRequest
from mammovlm.question import AskedQuestion, GivenAnswer, QuestionReference, ReportedLikelihood
from mammovlm.settings import Settings
from mammovlm.study import HANGING_ORDER, Laterality, Study
from random_findings import ALGORITHM, random_findings

ASKED = AskedQuestion(
    study_instance_uid="1.2.3",
    report_uid="1.2.3.9",
    question="How dense is it?",
    is_answered=False,
    earlier=(),
    language="en-US",
    density="C",
    slots=HANGING_ORDER,
    likelihoods=(ReportedLikelihood("suspicion", Laterality.LEFT, 0.9, 0.8, 0.95),),
    device_uid=ALGORITHM.device_uid,
    instances=(),
    left_out=(),
)
WORDING = "In these pictures your breast tissue is dense in many places."
REFERENCE = QuestionReference("an-id", 1, "a-job")


class Images:
    """An archive with the four views of a study, which counts how often they are fetched."""

    def __init__(self, content: Sequence[bytes]) -> None:
        self._content = content
        self.fetched = 0

    def fetch(self, job: AnalysisJob) -> tuple[StoredInstance, ...]:
        self.fetched += 1
        return tuple(StoredInstance(str(n), one) for n, one in enumerate(self._content))

    def documents(self, study_instance_uid: str) -> tuple[StoredDocument, ...]:
        raise AssertionError("a question looks for no earlier report")

    def store(self, study_instance_uid: str, datasets: Sequence[Any]) -> None:
        raise AssertionError("a question stores nothing in the archive")


class Model:
    """Stands for a model that has one thing to say, and remembers what it was shown."""

    algorithm = ALGORITHM

    def __init__(self, wording: str = WORDING) -> None:
        self._wording = wording
        self.prompts = list[str]()

    def assess(self, study: Study) -> Any:
        findings = random_findings(1)
        views = tuple(replace(findings.views[0], slot=view.slot) for view in study.views)

        class Output:
            embeddings = np.zeros((len(views), 128), np.float32)

        Output.findings = replace(findings, views=views)  # type: ignore[attr-defined]
        return Output

    def write(self, request: WriteRequest) -> str:
        assert len(request.embeddings) == len(request.slots) == 4
        self.prompts.append(request.prompt)
        return self._wording


@pytest.fixture(scope="module")
def views() -> list[bytes]:
    return [as_file(view) for view in four_views(rows=200, StudyInstanceUID="1.2.3")]


def answering(images: Images, model: Model) -> Answering:
    return Answering(images, cast("MammoVLM", model), Settings())


def test_the_language_model_words_the_stored_facts_and_the_images_are_looked_at_once(
    views: list[bytes],
) -> None:
    images, model = Images(views), Model()
    worker = answering(images, model)
    first = worker.answer(ASKED)
    assert (first.text, first.origin, first.check) == (WORDING, "language-model", "passed")
    earlier = ((ASKED.question, first.text),)
    again = worker.answer(replace(ASKED, question="Say that again, please.", earlier=earlier))
    assert again.text == WORDING
    assert (images.fetched, len(model.prompts)) == (1, 2)
    assert "Before:" in model.prompts[1]


def test_a_question_and_the_conversation_stay_on_the_site_of_the_worker(
    views: list[bytes],
) -> None:
    model = Model()
    elsewhere = Settings(language_model_url="https://llm.example/v1", language_model_name="m")
    worker = Answering(Images(views), cast("MammoVLM", model), elsewhere)
    earlier = (("How dense is it? I am Jane Roe.", "Dense, Jane Roe."),)
    told = worker.answer(replace(ASKED, question="How dense is it, Jane Roe?", earlier=earlier))
    assert told.origin == "language-model"
    assert "Density: " in model.prompts[0]
    assert "Jane" not in model.prompts[0]


def test_a_report_of_other_weights_is_answered_by_template_which_is_said(
    views: list[bytes],
) -> None:
    images, model = Images(views), Model()
    told = answering(images, model).answer(replace(ASKED, device_uid="2.25.2"))
    assert (told.origin, told.check) == ("template", OTHER_WEIGHTS)
    assert "dense in many areas" in told.text
    assert (images.fetched, model.prompts) == (0, [])


def test_images_that_are_gone_leave_the_facts(views: list[bytes]) -> None:
    told = answering(Images([b"no image"]), Model()).answer(ASKED)
    assert (told.origin, told.check) == ("template", NO_IMAGES)


def test_a_refused_question_costs_no_look_at_the_images(views: list[bytes]) -> None:
    images, model = Images(views), Model()
    told = answering(images, model).answer(replace(ASKED, question="Do I have cancer?"))
    assert (told.origin, images.fetched, model.prompts) == ("refusal", 0, [])


def test_a_language_that_this_worker_does_not_know_is_answered_in_its_own() -> None:
    told = answering(Images([]), Model()).answer(
        replace(ASKED, language="tlh", device_uid="", question="???")
    )
    assert told.language == Settings().language


@pytest.mark.parametrize(
    ("dicomweb", "plugin", "address"),
    [
        ("http://127.0.0.1:8042/dicom-web", "", "http://127.0.0.1:8042/mammovlm"),
        ("https://pacs.test/orthanc/dicom-web/", "", "https://pacs.test/orthanc/mammovlm"),
        ("https://pacs.test/rs", "https://other.test/m", "https://other.test/m"),
    ],
)
def test_the_plugin_is_beside_dicomweb_unless_it_is_set(
    dicomweb: str, plugin: str, address: str
) -> None:
    assert Settings(dicomweb_url=dicomweb, plugin_url=plugin).plugin_address == address


class Plugin(requests.adapters.BaseAdapter):
    """Answers with one status and body, as a plugin might."""

    def __init__(self, status: int, body: bytes = b"{}") -> None:
        super().__init__()
        self._status, self._body = status, body

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        response = requests.Response()
        response.status_code, response._content, response.request = (
            self._status, self._body, request,
        )  # fmt: skip
        return response

    def close(self) -> None:
        pass


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (404, QuestionGone),
        (410, QuestionGone),
        (503, ArchiveUnavailable),
        (401, ArchiveUnavailable),
        (400, ResultInvalid),
        (200, ResultInvalid),
    ],
)
def test_every_answer_of_the_plugin_has_a_name(status: int, error: type[Exception]) -> None:
    session = requests.Session()
    session.mount("http://", Plugin(status))
    client = PluginQuestions("http://plugin.test", session, 1, patience_s=0)
    with pytest.raises(error) as raised:
        client.fetch(REFERENCE)
    assert type(raised.value) is error
    if status != 200:
        with pytest.raises(error):
            client.answer(REFERENCE, GivenAnswer("x", "template", "", "en-US", ()))

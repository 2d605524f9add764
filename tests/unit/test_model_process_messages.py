"""What goes between a worker's processes and the model process arrives as it was sent."""

from dataclasses import replace
from multiprocessing import Pipe
from threading import Thread

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mammovlm.errors import LanguageModelUnavailable, ModelFailed
from mammovlm.evidence import EvidenceMap
from mammovlm.findings import Region, RegionKind
from mammovlm.model import ModelOutput
from mammovlm.model.write_request import WriteRequest
from mammovlm.model_process import messages
from mammovlm.model_process.wire import Message, receive, send
from mammovlm.study import HANGING_ORDER, LeftOut, LeftOutReason
from random_findings import ALGORITHM, random_findings
from tiny_models import tiny_study


def sent(message: Message) -> Message:
    """Send a message through a pipe."""
    here, there = Pipe()
    sender = Thread(target=send, args=(there, message))
    sender.start()
    received = receive(here)
    sender.join()
    return received


@given(seed=st.integers(0, 10_000))
def test_a_result_arrives_to_the_last_digit(seed: int) -> None:
    findings = random_findings(seed)
    rng = np.random.default_rng(seed)
    a, b, c, d, e, f = (float(number) for number in rng.random(6) * 300)
    region = Region(a, b, c, d, e, f, RegionKind.ARCHITECTURAL_DISTORTION)
    views = tuple(replace(view, regions=(region,), was_searched=True) for view in findings.views)
    evidence = tuple(
        EvidenceMap(view.sop_instance_uid, _random(rng, 5, 1 + seed % 7), a, b, c, d, e)
        for view in views
    )
    output = ModelOutput(replace(findings, views=views), _random(rng, len(views), 128), evidence)
    received = messages.output_of(sent(messages.output_message(output)))
    assert received.findings == output.findings
    assert np.array_equal(received.embeddings, output.embeddings)
    assert received.evidence == output.evidence
    for one, other in zip(received.evidence, output.evidence, strict=True):
        assert np.array_equal(one.logits, other.logits)


@given(seed=st.integers(0, 1000), count=st.integers(1, 4))
def test_a_prepared_study_arrives_with_its_images(seed: int, count: int) -> None:
    left_out = (LeftOut("1.2.9", LeftOutReason.SPOT_COMPRESSION, "PatientOrientation"),)
    study = replace(tiny_study(seed, HANGING_ORDER[:count]), left_out=left_out)
    received = messages.study_of(sent(messages.study_message(study)))
    assert received == study
    for one, other in zip(received.views, study.views, strict=True):
        assert np.array_equal(one.grey, other.grey)
        assert one.grey.flags.writeable


def test_a_request_for_words_arrives_with_its_embeddings() -> None:
    rows = _random(np.random.default_rng(0), 2, 128)
    request = WriteRequest("Dichte: C – ü", rows, HANGING_ORDER[:2], ("One text.", "Another."))
    received = messages.words_of(sent(messages.words_message(request)))
    assert received == request
    assert np.array_equal(received.embeddings, rows)
    assert messages.text_of(sent(messages.written_message("乳腺"))) == "乳腺"


def test_who_answers_and_whether_a_request_is_alone_arrive() -> None:
    assert messages.algorithm_of(sent(messages.ready_message(ALGORITHM))) == ALGORITHM
    assert sent(messages.begun_message(is_alone=True)).is_alone
    assert not sent(messages.begun_message(is_alone=False)).is_alone


@pytest.mark.parametrize(
    "failure", [ModelFailed("E at f:1"), ModelFailed("E at f:2", is_memory=True)]
)
def test_a_failure_arrives_with_its_kind(failure: ModelFailed) -> None:
    received = messages.failure_of(sent(messages.failed_message(failure)))
    assert isinstance(received, ModelFailed)
    assert (str(received), received.is_memory) == (str(failure), failure.is_memory)


def test_a_language_model_that_is_away_keeps_its_words() -> None:
    away = LanguageModelUnavailable("no answer for 30 s")
    received = messages.failure_of(sent(messages.failed_message(away)))
    assert isinstance(received, LanguageModelUnavailable)
    assert str(received) == "no answer for 30 s"


def test_an_array_of_another_size_than_announced_is_refused() -> None:
    here, there = Pipe()
    there.send_bytes(b'{"kind": "written", "content": {}, "shapes": [[2]], "is_alone": false}')
    there.send_bytes(b"four")
    with pytest.raises(ValueError, match="8 bytes"):
        receive(here)


def _random(rng: np.random.Generator, rows: int, columns: int) -> np.ndarray:
    return rng.normal(size=(rows, columns)).astype(np.float32)

"""The model process: studies of several askers share batches, and a guilty one fails alone."""

import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from mammovlm.errors import LanguageModelUnavailable, ModelFailed
from mammovlm.model.model_input import ModelInput, prepared
from mammovlm.model.write_request import WriteRequest
from mammovlm.model_process import (
    BatchQueue,
    DeviceLost,
    ModelService,
    RemoteModel,
)
from mammovlm.model_process.batches import Waiting
from mammovlm.model_process.isolation import isolated
from mammovlm.model_process.messages import (
    study_message,
)
from mammovlm.model_process.wire import send
from mammovlm.study import HANGING_ORDER
from random_findings import random_findings
from scripted_model import ScriptedModel, Served, named, place_at
from tiny_models import tiny_preset


@pytest.fixture
def address() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="mp-") as folder:
        yield Path(folder) / "model.sock"


Serve = Callable[..., Served]


@pytest.fixture
def serve(address: Path) -> Iterator[Serve]:
    """Give what serves a scripted model until the end of the test."""
    served: list[Served] = []

    def start(model: ScriptedModel, most: int = 8, words_elsewhere: bool = False) -> Served:
        served.append(Served(model, address, most, words_elsewhere=words_elsewhere))
        return served[-1]

    yield start
    for each in served:
        each.listener.close()


def test_studies_of_several_askers_share_a_batch_and_each_gets_its_own(serve: Serve) -> None:
    model = ScriptedModel()
    names = ["fine", "fine too", "fine as well"]
    answers = serve(model).ask(names)
    for name, answer in zip(names, answers, strict=True):
        assert answer.result().findings == random_findings(len(name))
        assert answer.result().embeddings[0, 0] == len(name)
    assert sorted(map(len, model.batches)) == [3]


def test_no_batch_is_larger_than_wanted(serve: Serve) -> None:
    model = ScriptedModel()
    answers = serve(model, most=2).ask(["fine"] * 5)
    assert all(answer.result() for answer in answers)
    assert max(map(len, model.batches)) <= 2


def test_where_everybody_waits_already_nobody_is_waited_for() -> None:
    requests = BatchQueue(8, wait_s=600)
    requests.askers.add("the only one")
    requests.put(Waiting(ModelInput("1.2.3", ()), False, lambda _: True))
    with ThreadPoolExecutor(1) as threads:
        assert len(threads.submit(requests.next).result(30)) == 1


def test_a_lost_device_ends_the_service_instead_of_failing_every_study() -> None:
    model = ScriptedModel()
    model.computes = False
    requests = BatchQueue(8, 0)
    lost = Waiting(ModelInput("fault", ()), False, lambda _: True)
    requests.put(lost)
    with pytest.raises(DeviceLost):
        ModelService(model, requests).answer_next_batch()
    assert not lost.answer.done()


def test_a_study_that_fails_fails_alone_and_by_a_named_error(serve: Serve) -> None:
    model = ScriptedModel()
    fine, guilty, also_fine = serve(model).ask(["fine", "fault", "fine too"])
    assert fine.result().findings == random_findings(len("fine"))
    assert also_fine.result().findings == random_findings(len("fine too"))
    with pytest.raises(ModelFailed, match=r"IndexError at .*scripted_model") as caught:
        guilty.result()
    assert not caught.value.is_memory
    assert "nobody may read" not in str(caught.value)


def test_where_memory_does_not_suffice_batches_get_smaller(serve: Serve) -> None:
    model = ScriptedModel(room=2)
    answers = serve(model).ask(["fine"] * 5)
    assert all(answer.result() for answer in answers)
    assert model.batches[0] == ["fine"] * 5
    assert all(len(batch) < 5 for batch in model.batches[1:])


def test_a_study_too_large_for_the_memory_is_told_so_and_harms_no_other(serve: Serve) -> None:
    fine, guilty = serve(ScriptedModel()).ask(["fine", "memory"])
    assert fine.result()
    with pytest.raises(ModelFailed) as caught:
        guilty.result()
    assert caught.value.is_memory


def test_words_come_back_and_an_engine_that_is_away_is_away_by_its_own_words(
    serve: Serve,
) -> None:
    asker = serve(ScriptedModel()).asker()
    rows = np.zeros((1, 128), np.float32)
    assert asker.write(WriteRequest("Density C", rows, HANGING_ORDER[:1])) == "Density C in words"
    with pytest.raises(LanguageModelUnavailable, match="the server is away"):
        asker.write(WriteRequest("away", rows, HANGING_ORDER[:1]))


def test_words_from_another_machine_wait_for_no_study(serve: Serve) -> None:
    model = ScriptedModel()
    served = serve(model, words_elsewhere=True)
    assesses, writes = served.asker(), served.asker()
    model.may_go_on.clear()
    rows = np.zeros((1, 128), np.float32)
    with ThreadPoolExecutor(2) as threads:
        study = threads.submit(assesses.assess, named("fine"))
        assert model.has_begun.wait(20)
        words = threads.submit(writes.write, WriteRequest("Density C", rows, HANGING_ORDER[:1]))
        assert words.result(20) == "Density C in words"
        assert not study.done()
        model.may_go_on.set()
        assert study.result()


def test_an_asker_that_has_gone_gets_no_work_done(serve: Serve) -> None:
    model = ScriptedModel()
    served = serve(model, most=1)
    gone, stays = served.asker(), served.asker()
    model.may_go_on.clear()
    with ThreadPoolExecutor(1) as threads:
        first = threads.submit(stays.assess, named("fine"))
        assert model.has_begun.wait(20)
        send(gone._open(1), study_message(prepared(named("fine but gone"), tiny_preset())))
        gone._close()
        model.may_go_on.set()
        assert first.result()
    assert stays.assess(named("fine at last"))
    assert model.batches == [["fine"], ["fine at last"]]


def test_a_stranger_without_the_key_gets_in_nowhere_and_harms_nobody(
    serve: Serve, address: Path
) -> None:
    served = serve(ScriptedModel())
    with pytest.raises(Exception, match="digest"):
        RemoteModel(place_at(address, b"another key"), tiny_preset(), 1)
    assert served.asker().assess(named("fine"))


def test_a_batch_waits_for_one_that_wants_to_be_alone() -> None:
    requests = BatchQueue(8, 0.0)
    requests.askers.update(range(9))
    study = ModelInput("1.2.3", ())
    for alone in (False, False, True, False):
        requests.put(Waiting(study, alone, lambda _: True))
    assert [len(requests.next()) for _ in range(3)] == [2, 1, 1]


def test_an_error_of_one_leaves_the_answers_of_the_others_in_their_order() -> None:
    def run(asked: Sequence[int]) -> list[int]:
        if 3 in asked:
            raise ValueError
        return [10 * each for each in asked]

    answered = isolated(run, [1, 2, 3, 4])
    assert [answered[place] for place in (0, 1, 3)] == [10, 20, 40]
    assert isinstance(answered[2], ModelFailed)

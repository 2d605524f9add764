"""One model for two worker processes: a bad study, a killed process, a hanging model harm none."""

from collections.abc import Callable, Iterator

import psutil
import pytest
from click.testing import CliRunner

from local_stack import stack_settings, wait_until
from mammogram_files import four_views
from mammovlm.cli import main
from mammovlm.stack import down, up
from whole_system import WholeSystem

pytestmark = pytest.mark.system

SERVER = "mammovlm.tasks.model_server"


@pytest.fixture(scope="module")
def system(
    require_program: Callable[..., str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[WholeSystem]:
    """Start the whole stack with two worker processes and a model process beside them."""
    require_program("Orthanc", "orthanc")
    require_program("epmd", "rabbitmq-server")
    folder = tmp_path_factory.mktemp("model-process")
    settings = stack_settings(folder / "var", workers=2)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MAMMOVLM_QUIET_S", "0.5")
        patch.setenv("MAMMOVLM_DEADLINE_S", "4")
        patch.setenv("MAMMOVLM_MODEL_PROCESS", "always")
        patch.setenv("MAMMOVLM_BATCH_WAIT_MS", "300")
        patch.setenv("MAMMOVLM_MODEL_SILENCE_S", "10")
        up(settings, lambda _: None)
        yield WholeSystem(settings, folder)
        down(settings, lambda _: None)


def children(system: WholeSystem) -> tuple[psutil.Process, list[psutil.Process]]:
    """Give the model process and the worker's processes beside it."""
    found = psutil.Process(system.pid("worker")).children()
    servers = [each for each in found if SERVER in each.cmdline()]
    assert len(servers) == 1
    return servers[0], [each for each in found if each not in servers]


def send_three(system: WholeSystem) -> tuple[str, list[str]]:
    """Send a study without a readable image between two healthy ones."""
    bad = four_views()
    for image in bad:
        image.PixelData = image.PixelData[:100]
    first = system.send(four_views())
    bad_uid = system.send(bad)
    return bad_uid, [first, system.send(four_views())]


def assert_all_end_as_they_must(system: WholeSystem, bad: str, healthy: list[str]) -> None:
    for study_uid in healthy:
        assert system.result(study_uid).state == "done"
        assert len(system.reports(study_uid)) == 1
    result = system.result(bad)
    assert (result.state, result.reason) == ("rejected", "no-readable-view")


def test_the_model_is_in_one_process_and_a_bad_study_harms_no_other(system: WholeSystem) -> None:
    bad, healthy = send_three(system)
    assert_all_end_as_they_must(system, bad, healthy)
    model, others = children(system)
    assert len(others) == 2
    asked = ["ask", healthy[0], "How dense is it?", "--orthanc", system.settings.http_url]
    answer = CliRunner().invoke(main, asked)
    assert answer.exit_code == 0, answer.output
    assert "dens" in answer.output.lower()
    sizes = [each.memory_full_info().uss for each in others]
    assert max(sizes) < model.memory_full_info().uss, "the others hold no weights"


def test_a_worker_process_killed_in_the_middle_takes_no_other_study_along(
    system: WholeSystem,
) -> None:
    bad, healthy = send_three(system)
    system.wait_for(healthy[0], lambda now: now.state == "running", "the first begins")
    model, others = children(system)
    others[0].kill()
    assert_all_end_as_they_must(system, bad, healthy)
    assert model.is_running(), "the model lost nothing"


def test_a_model_that_hangs_in_the_middle_is_killed_loses_no_study_and_comes_back(
    system: WholeSystem,
) -> None:
    bad, healthy = send_three(system)
    system.wait_for(healthy[0], lambda now: now.state == "running", "the first begins")
    model, others = children(system)
    model.suspend()
    assert_all_end_as_they_must(system, bad, healthy)
    assert children(system)[0].pid != model.pid
    assert all(each.is_running() for each in others), "they waited for the next one"
    assert "the model process gave no sign of life for 10 s" in system.worker_log()
    assert "the model process ended (-9)" in system.worker_log()


def test_a_worker_that_stops_takes_its_model_process_along(system: WholeSystem) -> None:
    model, _ = children(system)
    system.terminate("worker")
    wait_until(lambda: not model.is_running(), "the model process ends with its owner")

"""What several system tests share: a broker, an Orthanc on it, a browser and its pages."""

from collections.abc import Iterator, Mapping

import pytest
from playwright.sync_api import Browser, BrowserContext, Dialog, Page

from local_servers import Orthanc, RabbitMQ, orthanc_server, rabbitmq_server
from mammogram_files import four_views
from page_system import DESKTOP, Complaints, PageSystem, chromium


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RabbitMQ]:
    with rabbitmq_server(tmp_path_factory.mktemp("rabbitmq")) as server:
        yield server


@pytest.fixture(scope="module")
def intake() -> Mapping[str, str]:
    """Give the plugin's settings; a module with others has a fixture of this name."""
    return {"MAMMOVLM_QUIET_S": "0.5", "MAMMOVLM_DEADLINE_S": "4"}


@pytest.fixture(scope="module")
def orthanc(
    tmp_path_factory: pytest.TempPathFactory, broker: RabbitMQ, intake: Mapping[str, str]
) -> Iterator[Orthanc]:
    folder = tmp_path_factory.mktemp("orthanc")
    with orthanc_server(folder, MAMMOVLM_BROKER_URL=broker.url, **intake) as server:
        yield server


@pytest.fixture(scope="module")
def system(orthanc: Orthanc, broker: RabbitMQ) -> PageSystem:
    return PageSystem(orthanc, broker)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


@pytest.fixture(scope="module")
def study(system: PageSystem) -> str:
    return system.analysed(four_views(PatientName="Bell^Ada", PatientID="P-1", rows=600))


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    made = browser.new_context(viewport=DESKTOP)
    yield made
    made.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    made = context.new_page()
    complaints = Complaints().of(made)
    alerts: list[str] = []

    def on_dialog(dialog: Dialog) -> None:
        alerts.append(dialog.message)
        dialog.dismiss()

    made.on("dialog", on_dialog)
    yield made
    assert list(complaints) == [], "the browser complained (a content policy, a script, a host)"
    assert alerts == [], "a script from a DICOM attribute ran"

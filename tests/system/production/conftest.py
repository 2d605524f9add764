"""The production system with TLS everywhere, started once for all tests of this folder.

Orthanc (DICOM TLS), RabbitMQ (AMQPS), nginx (HTTPS) and a worker run from the files in docker/ and
orthanc/production/, with certificates and passwords of the project's own commands.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pydicom import Dataset

from mammogram_files import four_views
from production_system import ProductionSystem, Secrets

_HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep this folder's tests together in whatever order they come: the system starts once."""
    ours = [item for item in items if item.path.is_relative_to(_HERE)]
    if ours:
        first = items.index(ours[0])
        others = [item for item in items if item not in set(ours)]
        items[:] = [*others[:first], *ours, *others[first:]]


@pytest.fixture(scope="package")
def system(
    require_program: Callable[..., str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ProductionSystem]:
    """Start the whole production system once for all tests."""
    for program, package in {
        "Orthanc": "orthanc",
        "epmd": "rabbitmq-server",
        "nginx": "nginx",
        "envsubst": "gettext-base",
    }.items():
        require_program(program, package)
    production = ProductionSystem(tmp_path_factory.mktemp("production"))
    try:
        production.start()
        yield production
    finally:
        production.stop()


@pytest.fixture(scope="package")
def foreign(tmp_path_factory: pytest.TempPathFactory) -> Secrets:
    """Certificates of another authority, with the same names."""
    return Secrets(tmp_path_factory.mktemp("foreign"))


@pytest.fixture(scope="package")
def image() -> Dataset:
    return four_views()[0]

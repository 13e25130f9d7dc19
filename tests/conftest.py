"""One running service for all tests that only need one; each makes tickets of its own."""

from collections.abc import Generator
from pathlib import Path

import pytest
from hypothesis import settings
from running import Client, Running, running

# No deadlines: these machines are shared, and a slow moment is no fault.
settings.register_profile("short", deadline=None, max_examples=50)
settings.register_profile("long", deadline=None, max_examples=1000)
settings.load_profile("short")


def pytest_configure(config: pytest.Config) -> None:
    if config.option.markexpr == "":
        settings.load_profile("long")


@pytest.fixture(scope="session")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Generator[Running]:
    with running(tmp_path_factory.mktemp("desk")) as answering:
        yield answering


@pytest.fixture(scope="session")
def agent(desk: Running) -> Client:
    """An agent of the account acme, with every scope."""
    return desk.client()


@pytest.fixture
def own_desk(tmp_path: Path) -> Generator[Running]:
    """A service of this test alone."""
    with running(tmp_path) as answering:
        yield answering

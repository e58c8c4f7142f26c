"""One time-skipping server a session, a city for each test, and two rings for every scenario."""

from collections import Counter
from collections.abc import AsyncIterator

import pytest
from cities import City, city_on
from databases import Database
from deep import IN_CHECK
from temporalio.client import Client

from runtime.temporal import EmbeddedTemporal, connect

RAN: Counter[str] = Counter()
RINGS = ["cached", pytest.param("plain", marks=(pytest.mark.plain, IN_CHECK))]
"""Plain: no workflow is kept between its tasks, so every task replays the whole history. It
takes as long again: in make check."""


@pytest.fixture(scope="session")
async def temporal(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Client]:
    """A client of a development server whose workflows have clocks of their own."""
    folder = tmp_path_factory.mktemp("temporal")
    async with EmbeddedTemporal(folder, time_skipping=True) as server:
        yield await connect(server.address)


@pytest.fixture(params=RINGS)
def ring(request: pytest.FixtureRequest) -> str:
    """The ring that a scenario runs in."""
    name: str = request.param
    RAN[name] += 1
    return name


@pytest.fixture
async def city(ring: str, database: Database, temporal: Client) -> AsyncIterator[City]:
    """A city whose clock stands at the opening of a plain week."""
    async with city_on(database, temporal, ring) as city:
        yield city


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many scenarios each ring has run."""
    if RAN:
        told = ", ".join(f"{ring} {number}" for ring, number in sorted(RAN.items()))
        terminalreporter.write_line(f"workflow scenarios by ring: {told}")

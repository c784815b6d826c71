"""One system of each kind for all tests of this folder: a start takes seconds, and what survives a test is tested on."""

import os
from collections.abc import AsyncIterator, Iterator

import pytest

from tests.e2e.collector import Collector, collecting
from tests.e2e.embedded import Embedded
from tests.e2e.on_kafka import OnKafka
from tests.e2e.system import System
from tests.kafka_fixture import OpenKafka


@pytest.fixture(scope="package", autouse=True)
def one_worker(tmp_path_factory: pytest.TempPathFactory) -> None:
    """A second worker with tests of this folder would start systems of its own (`tests/scheduling.py` sees to it)."""
    if worker := os.environ.get("PYTEST_XDIST_WORKER"):
        with (tmp_path_factory.getbasetemp().parent / "e2e-worker").open("a+") as claimed:
            claimed.write(f"{worker}\n")
            claimed.seek(0)
            assert set(claimed) == {f"{worker}\n"}, "tests of this folder run in several workers"


@pytest.fixture(scope="package")
def collector() -> Iterator[Collector]:
    """Where the systems send their traces."""
    with collecting() as running:
        yield running


@pytest.fixture(scope="package")
async def embedded(collector: Collector) -> AsyncIterator[Embedded]:
    """One process, no broker."""
    system = Embedded(collector=collector)
    try:
        yield await system.open()
    finally:
        await system.stop()


@pytest.fixture(scope="package")
async def on_kafka(
    collector: Collector, open_own_kafka: OpenKafka, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[OnKafka]:
    """One process per service, and a broker that may be killed."""
    with open_own_kafka(tmp_path_factory.mktemp("kafka")) as broker:
        system = OnKafka(broker, collector=collector)
        try:
            yield await system.open()
        finally:
            await system.stop()


@pytest.fixture(params=["embedded", pytest.param("on_kafka", marks=pytest.mark.kafka)])
def system(request: pytest.FixtureRequest) -> System:
    """Both of them, one after the other."""
    found: System = request.getfixturevalue(request.param)
    return found

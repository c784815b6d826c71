"""A real Apache Kafka for tests, as a pytest plugin.

`kafka_broker` is one broker for the whole run, shared by all xdist workers; `own_kafka_broker` belongs to one
test, which may stop and kill it. Where no Kafka can be had, the tests asking for it are skipped with one loud
line at the end, or fail when REQUIRE_KAFKA=1.
"""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tools.kafka.broker import BrokerUnavailable, ExternalBroker, KafkaBroker, open_broker

NO_KAFKA = "NO APACHE KAFKA"

OpenKafka = Callable[[Path], KafkaBroker]


@pytest.fixture(scope="session")
def kafka_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the workers of one run tell each other about Kafka."""
    root = tmp_path_factory.getbasetemp()
    home = (root.parent if "PYTEST_XDIST_WORKER" in os.environ else root) / "kafka"
    home.mkdir(exist_ok=True)
    return home


@pytest.fixture(scope="session")
def kafka_broker(kafka_home: Path) -> Iterator[ExternalBroker]:
    """The run's broker; read `bootstrap_servers`, and use topics and groups of your own."""
    with _shared_broker(kafka_home) as bootstrap_servers:
        yield ExternalBroker(bootstrap_servers)


@pytest.fixture(scope="session")
def open_own_kafka(kafka_home: Path) -> OpenKafka:
    """Opens a broker that is the caller's alone, started, with its data in the folder given."""
    return lambda data_dir: _open(data_dir, kafka_home / "no-own-broker", own=True)


@pytest.fixture
def own_kafka_broker(open_own_kafka: OpenKafka, tmp_path: Path) -> Iterator[KafkaBroker]:
    """A broker of this test alone, started; `kill()` and `start()` as you like."""
    with open_own_kafka(tmp_path / "kafka") as broker:
        yield broker


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    skipped = [
        report
        for report in terminalreporter.stats.get("skipped", [])
        if isinstance(report.longrepr, tuple) and NO_KAFKA in report.longrepr[2]
    ]
    if skipped:
        reason = skipped[0].longrepr[2].partition(NO_KAFKA)[2].lstrip(": ")
        line = f"{NO_KAFKA}: {len(skipped)} tests were NOT run ({reason})"
        terminalreporter.write_line(line, red=True, bold=True)


@contextmanager
def _shared_broker(home: Path) -> Iterator[str]:
    """The address of the run's broker, started by the first process that asks.

    Every process holds a shared lock while it uses the broker. The one that started it waits at its end for an
    exclusive one, so it never takes the broker away from a slower worker.
    """
    address = home / "address"
    with (home / "users").open("w") as users:
        with _alone(home / "starting"):
            broker = None if address.exists() else _open(home / "data", home / "no-broker")
            if broker is not None:
                address.write_text(broker.bootstrap_servers)
            fcntl.flock(users, fcntl.LOCK_SH)
        try:
            yield address.read_text()
        finally:
            fcntl.flock(users, fcntl.LOCK_UN)
            if broker is not None:
                with _alone(home / "starting"), broker:
                    fcntl.flock(users, fcntl.LOCK_EX)
                    address.unlink()


def _open(data_dir: Path, failure: Path, *, own: bool = False) -> KafkaBroker:
    """Open a broker; that there is none is found out once per run and remembered in the file `failure`."""
    if failure.exists():
        raise _without_kafka(failure.read_text())
    try:
        return open_broker(data_dir, own=own)
    except BrokerUnavailable as reason:
        failure.write_text(str(reason))
        raise _without_kafka(str(reason)) from reason


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _without_kafka(reason: str) -> BaseException:
    if os.environ.get("REQUIRE_KAFKA") == "1":
        return pytest.fail.Exception(f"{NO_KAFKA}, and REQUIRE_KAFKA=1: {reason}", pytrace=False)
    return pytest.skip.Exception(f"{NO_KAFKA}: {reason}")

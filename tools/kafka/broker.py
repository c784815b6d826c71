"""`python -m tools.kafka.broker`: a real single-node Apache Kafka in the foreground, until Ctrl-C.

Where it comes from, in this order (see `open_broker`): the address in KAFKA_BOOTSTRAP_SERVERS, a Docker
engine, Java and Maven. Tests and benchmarks use the same classes.
"""

import argparse
import contextlib
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Protocol, Self

from tools.kafka.docker import DockerBroker
from tools.kafka.jars import fetch_jars, find_java
from tools.kafka.probe import BrokerUnavailable, answers, free_port, is_free, wait_until_answers
from tools.kafka.settings import CLUSTER_ID, node_settings

__all__ = ["Broker", "BrokerUnavailable", "ExternalBroker", "KafkaBroker", "open_broker"]

START_SECONDS = 60
STOP_SECONDS = 30
# A broker of a few minutes' life: quick start counts, peak throughput does not.
JVM = [
    "-Xmx512m",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
]


class KafkaBroker(Protocol):
    """What the three kinds share; start() after stop() or kill() brings back the same port and data."""

    bootstrap_servers: str

    def start(self) -> Self: ...
    def stop(self) -> None: ...
    def kill(self) -> None: ...
    def alive(self) -> bool: ...
    def __enter__(self) -> Self: ...
    def __exit__(self, *error: object) -> None: ...


class Broker:
    """A broker process of this machine's Java on 127.0.0.1, with all it owns in `data_dir`.

    It dies with this process (Linux); its output is in `data_dir`/broker.log.
    """

    def __init__(self, data_dir: Path, *, port: int | None = None) -> None:
        self.data_dir = data_dir.resolve()
        self.port = port or free_port()
        self.bootstrap_servers = f"127.0.0.1:{self.port}"
        self._controller_port = free_port()
        self._java = find_java()
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> Self:
        """Return when the broker answers; raises BrokerUnavailable with the end of its log."""
        assert not self.alive(), "already started"
        classpath = f"{fetch_jars()}/*"
        self.data_dir.mkdir(parents=True, exist_ok=True)
        self._write_properties()
        if not (self.data_dir / "log" / "meta.properties").exists():
            self._format(classpath)
        self._process = self._spawn([self._java, *JVM, "-cp", classpath, "kafka.Kafka", str(self._properties)])
        try:
            wait_until_answers(self.bootstrap_servers, self.alive, seconds=START_SECONDS)
        except BrokerUnavailable as failed:
            self.kill()
            raise BrokerUnavailable(f"{failed}; its log ends: {self._end_of_log()}") from failed
        return self

    def stop(self) -> None:
        """Stop in order; kill when that takes too long."""
        self._end_by(signal.SIGTERM)

    def kill(self) -> None:
        """SIGKILL: what is not yet written to the operating system is lost, as in a crash."""
        self._end_by(signal.SIGKILL)

    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def __enter__(self) -> Self:
        return self if self.alive() else self.start()

    def __exit__(self, *error: object) -> None:
        self.stop()

    @property
    def _properties(self) -> Path:
        return self.data_dir / "server.properties"

    @property
    def _log(self) -> Path:
        return self.data_dir / "broker.log"

    def _write_properties(self) -> None:
        settings = node_settings(port=self.port, controller_port=self._controller_port, bind="127.0.0.1")
        settings["log.dirs"] = str(self.data_dir / "log")
        self._properties.write_text("".join(f"{name}={value}\n" for name, value in settings.items()))

    def _format(self, classpath: str) -> None:
        """Make the data directory a node of the cluster, once in its life."""
        tool = [self._java, *JVM, "-cp", classpath, "kafka.tools.StorageTool", "format"]
        formatted = subprocess.run(
            [*tool, "--cluster-id", CLUSTER_ID, "--config", str(self._properties)],
            capture_output=True,
            text=True,
            timeout=START_SECONDS,
        )
        if formatted.returncode != 0:
            raise BrokerUnavailable(f"Kafka could not format its storage: {formatted.stderr.strip()[-300:]}")

    def _spawn(self, command: list[str]) -> "subprocess.Popen[bytes]":
        """Start a process that dies with us.

        The kernel ties a child to the *thread* that started it, so a thread made for it starts the broker and
        then waits for its end: a short-lived caller (a worker of asyncio.to_thread) does not take it along.
        """
        started: list[subprocess.Popen[bytes]] = []
        ready = threading.Event()
        tied = [sys.executable, "-IS", str(Path(__file__).with_name("tied.py")), str(os.getpid())]

        def keep() -> None:
            try:
                with self._log.open("ab") as log:
                    # A session of its own, so that Ctrl-C reaches only us and we stop it in order.
                    process = subprocess.Popen(
                        [*tied, *command],
                        stdin=subprocess.DEVNULL,
                        stdout=log,
                        stderr=log,
                        start_new_session=True,
                    )
                started.append(process)
            finally:
                ready.set()
            process.wait()

        threading.Thread(target=keep, name="kafka-broker", daemon=True).start()
        ready.wait()
        return started[0]

    def _end_by(self, end: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(end)
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _end_of_log(self) -> str:
        return self._log.read_text(errors="replace").strip()[-500:] if self._log.exists() else ""


class ExternalBroker:
    """Somebody else's Kafka: looked at, never started, stopped or killed by us."""

    def __init__(self, bootstrap_servers: str) -> None:
        self.bootstrap_servers = bootstrap_servers

    def start(self) -> Self:
        if not self.alive():
            raise BrokerUnavailable(f"no Apache Kafka answers at {self.bootstrap_servers}")
        return self

    def stop(self) -> None:
        """Leave it running."""

    def kill(self) -> None:
        raise BrokerUnavailable("this Kafka is not ours to kill; ask open_broker for an own one")

    def alive(self) -> bool:
        return answers(self.bootstrap_servers, seconds=5)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *error: object) -> None:
        self.stop()


def open_broker(data_dir: Path, *, port: int | None = None, own: bool = False) -> KafkaBroker:
    """A started broker; raises BrokerUnavailable with every reason.

    `own` means: one that may be stopped and killed, so never the one in KAFKA_BOOTSTRAP_SERVERS.
    """
    given = os.environ.get("KAFKA_BOOTSTRAP_SERVERS")
    if given and not own:
        return ExternalBroker(given).start()  # what was asked for is not silently replaced by another
    reasons = []
    try:
        container = DockerBroker(port=port)
        try:
            return container.start()
        except BaseException:
            container.remove()
            raise
    except BrokerUnavailable as reason:
        reasons.append(str(reason))
    try:
        return Broker(data_dir, port=port).start()
    except BrokerUnavailable as reason:
        reasons.append(str(reason))
    raise BrokerUnavailable("; ".join(reasons))


def main() -> int:
    parser = argparse.ArgumentParser(description="A real single-node Apache Kafka on 127.0.0.1, until Ctrl-C")
    parser.add_argument("--data-dir", type=Path, default=Path(os.environ.get("DATA_DIR", ".data")) / "kafka")
    parser.add_argument("--port", type=int, default=9092, help="another free one is taken when it is in use")
    options = parser.parse_args()
    asked_to_stop = threading.Event()
    for end in (signal.SIGINT, signal.SIGTERM):
        signal.signal(end, lambda *_: asked_to_stop.set())
    try:
        broker = open_broker(options.data_dir, port=options.port if is_free(options.port) else None)
    except BrokerUnavailable as reason:
        print(f"No Apache Kafka: {reason}", file=sys.stderr)
        return 1
    with broker:
        print(f"Apache Kafka answers at {broker.bootstrap_servers}", flush=True)
        if isinstance(broker, ExternalBroker):
            return 0
        print(f"KAFKA_BOOTSTRAP_SERVERS={broker.bootstrap_servers}  (Ctrl-C stops it)", flush=True)
        while not asked_to_stop.wait(1):
            if not broker.alive():
                print("Apache Kafka has died", file=sys.stderr)
                return 1
    return 0


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        sys.exit(main())

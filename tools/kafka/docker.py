"""Apache Kafka in a container of the official image, where a Docker engine answers."""

import shutil
import subprocess
import sys
from typing import Self

from tools.kafka.jars import kafka_version
from tools.kafka.probe import BrokerUnavailable, free_port, wait_until_answers
from tools.kafka.settings import CLUSTER_ID, node_settings

ENGINE_SECONDS = 5
START_SECONDS = 60
PULL_SECONDS = 600


def find_engine() -> str:
    """The `docker` command, when its engine answers; raises BrokerUnavailable."""
    docker = shutil.which("docker")
    if docker is None:
        raise BrokerUnavailable("no docker command found")
    try:
        asked = subprocess.run([docker, "info"], capture_output=True, timeout=ENGINE_SECONDS)
    except subprocess.TimeoutExpired as late:
        raise BrokerUnavailable("the Docker engine does not answer") from late
    if asked.returncode != 0:
        raise BrokerUnavailable("no Docker engine answers")
    return docker


class DockerBroker:
    """The same node as `broker.Broker`; its data live and die with the container, which stop() keeps."""

    def __init__(self, *, port: int | None = None) -> None:
        self._docker = find_engine()
        self.port = port or free_port()
        self.bootstrap_servers = f"127.0.0.1:{self.port}"
        self._name = f"shouwang-kafka-{self.port}"
        self._created = False

    def start(self) -> Self:
        if not self._created:
            self._create()
        self._run("start", self._name)
        wait_until_answers(self.bootstrap_servers, self.alive, seconds=START_SECONDS)
        return self

    def stop(self) -> None:
        self._run("stop", "--time", "20", self._name)

    def kill(self) -> None:
        self._run("kill", "--signal", "KILL", self._name)

    def alive(self) -> bool:
        return self._run("inspect", "--format", "{{.State.Running}}", self._name).strip() == "true"

    def remove(self) -> None:
        """Stop for good: container and data are gone afterwards."""
        if self._created:
            self._run("rm", "--force", "--volumes", self._name)
            self._created = False

    def __enter__(self) -> Self:
        return self if self._created and self.alive() else self.start()

    def __exit__(self, *error: object) -> None:
        self.remove()

    def _create(self) -> None:
        # Every address of the container; the host publishes the port on 127.0.0.1 alone.
        settings = node_settings(port=self.port, controller_port=self.port + 1, bind="0.0.0.0")  # noqa: S104
        environment = {f"KAFKA_{name.upper().replace('.', '_')}": value for name, value in settings.items()}
        environment |= {"CLUSTER_ID": CLUSTER_ID, "KAFKA_HEAP_OPTS": "-Xmx512m"}
        options = [part for name, value in environment.items() for part in ("--env", f"{name}={value}")]
        publish = f"127.0.0.1:{self.port}:{self.port}"
        image = f"apache/kafka:{kafka_version()}"
        print(f"preparing a container of {image} ...", file=sys.stderr, flush=True)
        self._run("create", "--name", self._name, "--publish", publish, *options, image)
        self._created = True

    def _run(self, *command: str) -> str:
        try:
            ran = subprocess.run([self._docker, *command], capture_output=True, text=True, timeout=PULL_SECONDS)
        except subprocess.TimeoutExpired as late:
            raise BrokerUnavailable(f"docker {command[0]} did not finish") from late
        if ran.returncode != 0:
            raise BrokerUnavailable(f"docker {command[0]} failed: {ran.stderr.strip()[-300:]}")
        return ran.stdout

"""The broker that tests and benchmarks stand on keeps what it has acknowledged, through SIGKILL too."""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import UnknownTopicOrPartitionError

from tests.processes import still_running
from tools.kafka.broker import BrokerUnavailable, ExternalBroker, KafkaBroker, open_broker
from tools.kafka.probe import answers, free_port

pytestmark = pytest.mark.kafka


async def create_topic(bootstrap_servers: str, topic: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap_servers)
    await admin.start()
    try:
        answer = await admin.create_topics([NewTopic(topic, num_partitions=1, replication_factor=1)])
        assert [error[1] for error in answer.topic_errors] == [0]
    finally:
        await admin.close()


async def produce(bootstrap_servers: str, topic: str, value: bytes) -> None:
    async with AIOKafkaProducer(bootstrap_servers=bootstrap_servers, acks="all", request_timeout_ms=3000) as producer:
        await producer.send_and_wait(topic, value)


async def read_one(bootstrap_servers: str, topic: str) -> bytes:
    async with AIOKafkaConsumer(
        topic, bootstrap_servers=bootstrap_servers, group_id=f"reader-{time.time_ns()}", auto_offset_reset="earliest"
    ) as consumer:
        async with asyncio.timeout(20):
            value: bytes = (await consumer.getone()).value
            return value


async def test_message_survives_sigkill(own_kafka_broker: KafkaBroker) -> None:
    address = own_kafka_broker.bootstrap_servers
    await create_topic(address, "kept")
    await produce(address, "kept", b"still here")
    assert await read_one(address, "kept") == b"still here"

    own_kafka_broker.kill()
    assert not answers(address)
    await asyncio.to_thread(own_kafka_broker.start)

    assert own_kafka_broker.bootstrap_servers == address
    assert await read_one(address, "kept") == b"still here"


async def test_message_survives_orderly_stop(own_kafka_broker: KafkaBroker) -> None:
    address = own_kafka_broker.bootstrap_servers
    await create_topic(address, "kept")
    await produce(address, "kept", b"still here")
    own_kafka_broker.stop()
    own_kafka_broker.start()
    assert await read_one(address, "kept") == b"still here"


async def test_forgotten_topic_fails_as_in_production(kafka_broker: ExternalBroker) -> None:
    with pytest.raises(UnknownTopicOrPartitionError):
        await produce(kafka_broker.bootstrap_servers, "nobody-created-this", b"lost")


def test_given_address_is_used_and_never_replaced(
    kafka_broker: ExternalBroker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", kafka_broker.bootstrap_servers)
    with open_broker(tmp_path) as broker:
        assert broker.bootstrap_servers == kafka_broker.bootstrap_servers
    assert kafka_broker.alive()

    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", f"127.0.0.1:{free_port()}")
    with pytest.raises(BrokerUnavailable, match="no Apache Kafka answers at"):
        open_broker(tmp_path)


def test_missing_tools_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    with pytest.raises(BrokerUnavailable, match="no docker command found; no java found"):
        open_broker(tmp_path, own=True)


def test_broker_dies_with_its_parent(kafka_broker: ExternalBroker, tmp_path: Path) -> None:
    """Asks for the run's broker only to be skipped where there is none."""
    if sys.platform != "linux" or shutil.which("java") is None:
        return  # only Linux ties a child to its parent, and a container is no child of ours
    program = (
        "import sys, time; from pathlib import Path; from tools.kafka.broker import Broker\n"
        "broker = Broker(Path(sys.argv[1])).start(); print(broker.bootstrap_servers, flush=True); time.sleep(60)"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path / "other")], stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    address = parent.stdout.readline().strip()
    children = psutil.Process(parent.pid).children(recursive=True)
    assert answers(address)
    assert children
    os.kill(parent.pid, signal.SIGKILL)
    parent.wait()
    assert still_running(children, seconds=5) == []
    assert not answers(address)


def test_command_prints_address_and_stops_on_interrupt(kafka_broker: ExternalBroker, tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "KAFKA_BOOTSTRAP_SERVERS"}
    port = free_port()
    command = [sys.executable, "-m", "tools.kafka.broker", "--data-dir", str(tmp_path), "--port", str(port)]
    running = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
    assert running.stdout is not None
    assert f"127.0.0.1:{port}" in running.stdout.readline()
    assert answers(f"127.0.0.1:{port}")
    running.send_signal(signal.SIGINT)
    assert running.wait(30) == 0
    assert not answers(f"127.0.0.1:{port}")

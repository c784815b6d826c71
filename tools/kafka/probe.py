"""What every kind of broker needs: is it up, which port is free, and why there is none."""

import random
import socket
import struct
import time
from collections.abc import Callable

API_VERSIONS = 18  # the one request a broker answers before it knows who is asking
# Below the range the kernel hands to outgoing connections (Linux 32768+, macOS 49152+): a client that keeps
# calling a killed broker's port must not be given that very port as its own, or the broker cannot come back.
PORTS = range(20000, 32000)


class BrokerUnavailable(Exception):
    """No Apache Kafka can be had here; the text says why, for people."""


def answers(bootstrap_servers: str, *, seconds: float = 1.0) -> bool:
    """Whether one of the `host:port`s speaks Kafka: an open port alone may be a broker still starting."""
    return any(_speaks_kafka(address.strip(), seconds) for address in bootstrap_servers.split(","))


def wait_until_answers(bootstrap_servers: str, alive: Callable[[], bool], *, seconds: float) -> None:
    """Return when the broker answers; raise BrokerUnavailable when it died or `seconds` have passed."""
    deadline = time.monotonic() + seconds
    while not answers(bootstrap_servers):
        if not alive():
            raise BrokerUnavailable("Apache Kafka stopped while starting")
        if time.monotonic() > deadline:
            raise BrokerUnavailable(f"Apache Kafka did not answer within {seconds:.0f} s")
        time.sleep(0.05)


def free_port() -> int:
    """A port of 127.0.0.1 nobody listens on now."""
    for port in random.sample(PORTS, k=200):
        if is_free(port):
            return port
    raise BrokerUnavailable(f"no free port between {PORTS.start} and {PORTS.stop}")


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as Kafka does: TIME_WAIT is no hindrance
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _speaks_kafka(address: str, seconds: float) -> bool:
    host, _, port = address.rpartition(":")
    correlation, client = 7, b"probe"
    request = struct.pack(">hhih", API_VERSIONS, 0, correlation, len(client)) + client
    try:
        with socket.create_connection((host.strip("[]"), int(port)), timeout=seconds) as connection:
            connection.sendall(struct.pack(">i", len(request)) + request)
            answer = connection.recv(8)
    except (OSError, ValueError):
        return False
    return len(answer) == 8 and struct.unpack(">ii", answer)[1] == correlation

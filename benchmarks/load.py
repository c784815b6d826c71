"""The load generator: keep-alive HTTP/1.1 connections that post again as soon as they are answered.

A process of its own, the same for ours and for the floor. It speaks raw sockets with requests made beforehand, for on
a small machine it shares the cores with the server: what it took would be missing there.
"""

import asyncio
import itertools
import json
import statistics
import sys
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import asdict, dataclass

import uvloop

MARK = "@@@@@@@@@@@@"
"""Stands in a request for a number of twelve digits that is another one each time."""


@dataclass(frozen=True, slots=True)
class Order:
    """What to do. `requests` are whole HTTP requests, taken in turn."""

    port: int
    requests: Sequence[str]
    connections: int = 32
    warm_up: float = 2.0  # seconds that do not count
    seconds: float = 6.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it: answers per second, and the time of one in milliseconds."""

    rate: float
    p50: float
    p95: float
    p99: float


def request(path: str, body: str, headers: str = "") -> str:
    """A POST of JSON; `MARK` in the body is filled in when it is sent."""
    length = len(body.encode())
    return (
        f"POST {path} HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\n"
        f"{headers}Content-Length: {length}\r\n\r\n{body}"
    )


def get(path: str, headers: str = "") -> str:
    """A GET."""
    return f"GET {path} HTTP/1.1\r\nHost: bench\r\n{headers}\r\n"


async def paced(rate: float, seconds: float) -> AsyncIterator[int]:
    """Numbers from 0, `rate` a second; one that is late does not delay those after it."""
    start = time.perf_counter()
    for number in range(int(rate * seconds)):
        await asyncio.sleep(max(0.0, start + number / rate - time.perf_counter()))
        yield number


async def run(order: Order) -> Outcome:
    """Have another process carry the order out."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "benchmarks.load", stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    told, _ = await process.communicate(json.dumps(asdict(order)).encode())
    if process.returncode:
        raise RuntimeError("the load generator failed, see above")
    return Outcome(**json.loads(told))


class Connection(asyncio.Protocol):
    """One client. Anything but a success ends the run: a server that refuses is quick."""

    def __init__(self, requests: Iterator[bytes], answered: list[tuple[float, float]]) -> None:
        self._requests = requests
        self._answered = answered  # (when, seconds it took)
        self._buffer = b""
        self.closed: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._send()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, found, rest = self._buffer.partition(b"\r\n\r\n")
        if not found or len(rest) < content_length(head):
            return
        now = time.perf_counter()
        self._answered.append((now, now - self._sent_at))
        if head[9:10] != b"2":
            self._fail(f"{head[:80]!r} {rest[:300]!r}")
            return
        self._buffer = b""
        self._send()

    def connection_lost(self, _error: Exception | None) -> None:
        self._fail("the server closed the connection")

    def _send(self) -> None:
        self._sent_at = time.perf_counter()
        self._transport.write(next(self._requests))  # type: ignore[attr-defined]

    def _fail(self, why: str) -> None:
        if not self.closed.done():
            self.closed.set_exception(ConnectionError(why))


def content_length(head: bytes) -> int:
    """What the head of an answer says of its body."""
    _, _, after = head.lower().partition(b"content-length:")
    return int(after.split(b"\r\n", 1)[0])


def _numbered(requests: Sequence[str], start: int) -> Iterator[bytes]:
    templates = itertools.cycle([request.encode() for request in requests])
    mark = MARK.encode()
    for number in itertools.count(start):
        yield next(templates).replace(mark, b"%012d" % number)


async def _post(order: Order) -> Outcome:
    answered: list[tuple[float, float]] = []
    # Numbers go on from the clock, so that a second run against the same server repeats none.
    requests = _numbered(order.requests, time.time_ns() // 1_000_000 % 10**9 * 1000)
    loop = asyncio.get_running_loop()
    clients = [
        (await loop.create_connection(lambda: Connection(requests, answered), "127.0.0.1", order.port))[1]
        for _ in range(order.connections)
    ]
    start = time.perf_counter() + order.warm_up
    closed = [client.closed for client in clients]
    done, _ = await asyncio.wait(closed, timeout=order.warm_up + order.seconds, return_when=asyncio.FIRST_COMPLETED)
    for failure in done:
        failure.result()
    times = [took * 1000 for when, took in answered if start <= when < start + order.seconds]
    quantiles = statistics.quantiles(times, n=100)
    return Outcome(len(times) / order.seconds, statistics.median(times), quantiles[94], quantiles[98])


def main() -> None:
    order = Order(**json.load(sys.stdin))
    json.dump(asdict(uvloop.run(_post(order))), sys.stdout)


if __name__ == "__main__":
    main()

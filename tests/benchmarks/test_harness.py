"""The benchmarks measure in turn, judge by the ratio, and tell what came of it. No test here looks at a clock."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from benchmarks import load, report
from benchmarks.harness import Case, Figure, Result, run

RATE = Figure("rate", "rows/s", target=0.5)
ABSOLUTE = Figure("absolute", "tasks/s", target=900, target_of="ours")
TIME = Figure("time", "ms", target=3.0, lower_is_better=True)
UNBOUND = Figure("unbound", "ms", lower_is_better=True)


async def test_ours_and_floor_take_turns() -> None:
    order: list[str] = []

    def measure(name: str, number: float) -> Callable[[], Awaitable[list[float]]]:
        async def measured() -> list[float]:
            order.append(name)
            return [number, number * 10]

        return measured

    told: list[str] = []
    first, second = await run("case", Case((RATE, TIME), measure("ours", 1), measure("floor", 4)), told.append)
    assert order == ["ours", "floor"] * 3
    assert len(told) == 3
    assert (first.ours, first.floor, first.ratio) == (1, 4, 0.25)
    assert (second.ours, second.floor) == (10, 40)


def test_medians_stand_for_the_runs() -> None:
    result = Result(RATE, [(1, 10), (8, 2), (3, 5)])
    assert (result.ours, result.floor, result.ratio) == (3, 5, 0.6)


def test_a_slow_hour_does_not_change_the_ratio() -> None:
    result = Result(RATE, [(60, 100), (6, 10), (6, 10), (60, 100), (6, 100)])
    assert result.ratio == 0.6


@pytest.mark.parametrize(
    ("figure", "ours", "floor", "met"),
    [
        (RATE, 50, 100, True),
        (RATE, 49, 100, False),
        (ABSOLUTE, 900, 5000, True),
        (ABSOLUTE, 899, 1, False),
        (TIME, 3, 1, True),
        (TIME, 3.1, 1, False),
        (UNBOUND, 100, 1, None),
    ],
)
def test_a_target_is_met_or_missed(figure: Figure, ours: float, floor: float, met: bool | None) -> None:
    result = Result(figure, [(ours, floor)])
    assert result.met is met
    assert bool(report.missed([result])) is (met is False)


def test_the_results_are_told_and_drawn(tmp_path: Path) -> None:
    results = [Result(RATE, [(40, 100), (50, 100), (45, 100)]), Result(UNBOUND, [(4, 2)])]
    report.write(results, tmp_path)
    first, second = json.loads((tmp_path / "results.json").read_text())
    assert first == {
        "name": "rate",
        "unit": "rows/s",
        "ours": 45,
        "floor": 100,
        "ratio": 0.45,
        "target": 0.5,
        "target_of": "ratio",
        "met": False,
        "runs": [[40, 100], [50, 100], [45, 100]],
    }
    assert second["target"] is None
    assert (tmp_path / "results.png").read_bytes().startswith(b"\x89PNG")
    assert "MISSED" in report.table(results)


class _Server:
    """Answers each request, in two pieces, and keeps the bodies."""

    def __init__(self, status: str) -> None:
        self.bodies: list[bytes] = []
        self._status = status.encode()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                self.bodies.append(await reader.readexactly(load.content_length(head)))
                writer.write(b"HTTP/1.1 " + self._status + b"\r\nContent-Length: 4\r\n\r\nan")
                await writer.drain()
                writer.write(b"sw")
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()


async def _load(server: _Server) -> load.Outcome:
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    async with listening:
        port = listening.sockets[0].getsockname()[1]
        order = load.Order(port, [load.request("/x", f'{{"n": "{load.MARK}"}}')], 3, warm_up=0.05, seconds=0.3)
        return await load.run(order)


async def test_the_load_generator_never_sends_the_same_twice() -> None:
    server = _Server("201 Created")
    outcome = await _load(server)
    assert outcome.rate > 0
    assert len(server.bodies) > 3
    assert len(set(server.bodies)) == len(server.bodies)


async def test_the_load_generator_gives_up_on_a_refusal() -> None:
    with pytest.raises(RuntimeError):
        await _load(_Server("503 Service Unavailable"))

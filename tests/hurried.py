"""What is opened beside the requests, by a process of the test's own that has two seconds for it."""

import os
from collections.abc import AsyncIterator
from typing import Any

import pytest

from shared.tables import in_turn


@pytest.fixture
async def hurried(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[None]:
    """That process, there already: else it had to begin in that time."""
    kept = in_turn._Kept()
    monkeypatch.setattr(in_turn, "_KEPT", kept)
    await in_turn.beside(os.getpid)
    assert kept._sides is not None
    kept._sides._seconds = 2.0
    yield
    kept.end()


def loops(*_: Any) -> None:
    """A reader that a table makes loop."""
    while True:
        pass


def dies(*_: Any) -> None:
    """A reader whose process a table ends."""
    os._exit(1)


STUCK = [(loops, 409, "took-too-long"), (dies, 422, "table-invalid")]
"""What a table does to its reader, and how it is answered."""

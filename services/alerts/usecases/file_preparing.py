"""Who prepares the rows of a file: a thread while they are few, then a process beside: storing wants the worker's lock."""

from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from types import TracebackType
from typing import Self

import polars as pl

from services.alerts.usecases.file_alerts import Prepared, Preparing
from shared.side_processes import SideProcesses, side_processes
from shared.telemetry import current_traceparent

_MANY = 200
"""Rows of a frame that may trigger; fewer are prepared before a process could have begun."""


class Preparers:
    """One after the other, in the order in which they are begun. What is not done at the end is dropped."""

    def __init__(self, own: Preparing) -> None:
        self._own = own
        self._stack = ExitStack()
        self._thread = ThreadPoolExecutor(1)
        self._side: SideProcesses[Preparing] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._thread.shutdown(wait=False, cancel_futures=True)
        self._stack.close()

    def expect(self, rows: int) -> None:
        """So many may come soon: where they are many the process begins, and is there when they do."""
        if rows >= _MANY and self._side is None:
            self._side = self._stack.enter_context(side_processes(1, self._own))

    def begin(self, triggered: pl.DataFrame, waiting: pl.DataFrame) -> Future[Prepared]:
        """Have a part prepared."""
        trace = current_traceparent()
        if self._side is None:
            return self._thread.submit(self._own.prepare, triggered, waiting, trace)
        return self._side.begin(Preparing.prepare, triggered, waiting, trace)

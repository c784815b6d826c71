"""Measures a case in turn with its floor: ours, floor, ours, floor, ... so that both meet the same machine and hour.

What is told is the ratio. A rate alone says more about the machine than about the code.
"""

import statistics
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Literal

from benchmarks.world import World

ROUNDS = 3


class CannotRun(Exception):
    """What the case needs is not to be had on this machine; the text says what."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One number that a case yields, and what it should be.

    A target is a bound on the ratio, or, where a figure of others is the bar, on ours in its own unit.
    """

    name: str
    unit: str
    target: float | None = None
    target_of: Literal["ratio", "ours"] = "ratio"
    lower_is_better: bool = False


Measure = Callable[[], Awaitable[Sequence[float]]]
"""Runs once and yields one number for each of the case's figures."""


@dataclass(frozen=True, slots=True)
class Case:
    """A case that is ready to run: everything is loaded, nothing is measured yet."""

    figures: Sequence[Figure]
    ours: Measure
    floor: Measure
    rounds: int = ROUNDS


Open = Callable[[World], AbstractAsyncContextManager[Case]]
"""Sets a case up and clears it away."""


@dataclass(frozen=True, slots=True)
class Result:
    """A figure with its medians; `runs` are the pairs (ours, floor) as they were measured.

    The ratio is the median of the pairs' ratios: what was measured a moment apart had the machine in the same mood.
    """

    figure: Figure
    runs: Sequence[tuple[float, float]]

    @property
    def ours(self) -> float:
        return statistics.median(ours for ours, _ in self.runs)

    @property
    def floor(self) -> float:
        return statistics.median(floor for _, floor in self.runs)

    @property
    def ratio(self) -> float:
        return statistics.median(ours / floor for ours, floor in self.runs)

    @property
    def target_ratio(self) -> float | None:
        """The target as a ratio, whatever it is a bound of."""
        target = self.figure.target
        return target / self.ours * self.ratio if target is not None and self.figure.target_of == "ours" else target

    @property
    def met(self) -> bool | None:
        """Whether the target is met; None when there is none."""
        if self.target_ratio is None:
            return None
        return self.ratio <= self.target_ratio if self.figure.lower_is_better else self.ratio >= self.target_ratio


async def run(name: str, case: Case, tell: Callable[[str], None]) -> list[Result]:
    """All rounds of a case; `tell` hears each as it ends."""
    rounds: list[tuple[Sequence[float], Sequence[float]]] = []
    for number in range(1, case.rounds + 1):
        ours = await case.ours()
        floor = await case.floor()
        rounds.append((ours, floor))
        tell(f"{name} {number}/{case.rounds}: ours {_listed(ours)} · floor {_listed(floor)}")
    return [
        Result(figure, [(ours[place], floor[place]) for ours, floor in rounds])
        for place, figure in enumerate(case.figures)
    ]


def _listed(numbers: Sequence[float]) -> str:
    return ", ".join(f"{number:,.1f}" for number in numbers)

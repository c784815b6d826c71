"""A county's matching: 74,000 people, 10,000 posts, 60,000 openings: filters, scores, optimum, who is left, exposure.

A process of its own, as in production, so that its peak memory is its own. The floor is the solver alone in the same
run: whatever finds the candidates and explains the outcome is ours.
"""

import asyncio
import json
import resource
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from time import perf_counter

from benchmarks.harness import Case, Figure
from benchmarks.matching_world import draw
from benchmarks.world import World
from services.jobs.rules.matching import match

PEOPLE, POSTS, OPENINGS = 74_000, 10_000, 60_000
ROUNDS = 3
SEED = 20_261_127

FIGURES = (
    Figure("matching_seconds", "s", target=60, target_of="ours", lower_is_better=True),
    Figure("matching_over_solver", "s", target=6, lower_is_better=True),
    Figure("matching_peak", "MB", target=3000, target_of="ours", lower_is_better=True),
)


@asynccontextmanager
async def open_case(world: World) -> AsyncIterator[Case]:
    """Nothing to load: people and posts are drawn in the process that is measured, before the clock starts."""
    solver: list[float] = []

    async def ours() -> Sequence[float]:
        told = await _in_own_process()
        world.tell(f"{told['placed']:,.0f} of {PEOPLE:,} people placed, {told['left']:,.0f} told why not")
        solver.append(told["solver"])
        return told["seconds"], told["seconds"], told["peak"]

    async def floor() -> Sequence[float]:
        seconds = solver.pop()
        return seconds, seconds, 1.0

    yield Case(FIGURES, ours, floor, ROUNDS)


async def _in_own_process() -> dict[str, float]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "benchmarks.matching", stdout=asyncio.subprocess.PIPE
    )
    answer, _ = await process.communicate()
    if process.returncode:
        raise RuntimeError(f"matching ended with {process.returncode}")
    told: dict[str, float] = json.loads(answer)
    return told


def measure() -> dict[str, float]:
    """One run; seconds, peak of the whole process in MB, and what came of it."""
    seekers, openings, terms = draw(PEOPLE, POSTS, OPENINGS, SEED)
    start = perf_counter()
    outcome = match(seekers, openings, terms)
    seconds = perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {
        "seconds": seconds,
        "solver": outcome.solver_seconds,
        "peak": peak,
        "placed": outcome.assignment.placed,
        "left": len(outcome.left),
    }


if __name__ == "__main__":
    print(json.dumps(measure()))

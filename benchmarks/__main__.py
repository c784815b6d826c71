"""`python -m benchmarks [CASE ...]`: run the cases, tell the ratios, write `.bench/`.

A missed target is told loudly and does not fail the run: a benchmark is no test.
"""

import asyncio
import os
import sys
from pathlib import Path

from benchmarks import (
    alert_post,
    alert_to_task,
    batch_intake,
    files,
    grading,
    indicator_board,
    live_beside_bulk,
    matching,
    register_import,
    register_search,
    report,
    tasks_embedded,
    tasks_kafka,
)
from benchmarks.harness import CannotRun, Open, Result, run
from benchmarks.world import World, open_world

CASES: dict[str, Open] = {
    "alert_post": alert_post.open_case,
    "batch_intake": batch_intake.open_case,
    "tasks_embedded": tasks_embedded.open_case,
    "tasks_kafka": tasks_kafka.open_case,
    "alert_to_task": alert_to_task.open_case,
    "live_beside_bulk": live_beside_bulk.open_case,
    "register_search": register_search.open_case,
    "file_csv": files.open_csv,
    "file_all_trigger": files.open_all_trigger,
    "file_beside_post": files.open_beside,
    "grading": grading.open_case,
    "register_import": register_import.open_case,
    "matching": matching.open_case,
    "indicator_board": indicator_board.open_case,
}
FOLDER = Path(".bench")
_BUSY = 0.5  # processes waiting for each core


def main(chosen: list[str]) -> int:
    """Run the `chosen` cases, or all."""
    unknown = set(chosen) - CASES.keys()
    if unknown:
        print(f"no such case: {', '.join(sorted(unknown))}; there are: {', '.join(CASES)}", file=sys.stderr)
        return 2
    if os.getloadavg()[0] > _BUSY * (os.cpu_count() or 1):
        _tell(f"!!! this machine has other work to do (load {os.getloadavg()[0]:.1f}): expect poor figures")
    results: list[Result] = []
    refused: list[str] = []
    with open_world(_tell) as world:
        for name in chosen or CASES:
            try:
                results += asyncio.run(_run(name, world))
                report.write(results, FOLDER)  # after each: a case that breaks takes nothing of the others with it
            except CannotRun as reason:
                refused.append(f"!!! NOT RUN: {name}: {reason}")
    if results:
        print(f"\n{report.table(results)}\n\nwritten: {FOLDER}/results.json, {FOLDER}/results.png")
    print("\n".join(refused + report.missed(results)))
    return 0


async def _run(name: str, world: World) -> list[Result]:
    async with CASES[name](world) as case:
        return await run(name, case, _tell)


def _tell(line: str) -> None:
    print(f"· {line}", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Sample files of every feed, as the bureaus export them: `python -m demo.samples --out DIR [--rows N]`.

About the people of the synthetic county, with the values of `samples.toml`; the same files for the same seed and days.
How many households the running demo was loaded with, and when, stands in its demo file: most people in the files are in
its register then, and as old as there.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from random import Random

import click

from demo.feeds import shipped_feeds
from demo.households import households
from demo.load import SEED
from demo.sample_files import Format, sheet, write
from demo.sample_rows import People, Row, plans, rows
from shared.clock import local_date, utc_now

ROWS = 300
HOUSEHOLDS = 2000


@dataclass(frozen=True, slots=True)
class Sample:
    """A file of a feed, and what stands in it."""

    name: str  # "medical.cost.xlsx"
    content: bytes
    rows: tuple[Row, ...]


def samples(
    *,
    count: int = ROWS,
    household_count: int = HOUSEHOLDS,
    seed: int = SEED,
    today: date,
    loaded_on: date | None = None,
    feeds: Iterable[str] = (),
) -> Iterable[Sample]:
    """A file of `count` rows for each of `feeds` (default: all that are shipped), of a county loaded then (or today)."""
    people = People(list(households(household_count, SEED, loaded_on or today)), today)
    for code in feeds or shipped_feeds():
        yield _sample(code, people, count, Random(f"{seed} {code}"), today)


def _sample(code: str, people: People, count: int, rng: Random, today: date) -> Sample:
    feed, plan = shipped_feeds()[code], plans()[code]
    file: Format = plan["file"]
    made = tuple(rows(feed, plan, people, count, rng, today))
    ending, content = write(sheet(feed, plan["title"], file, made, rng, today), file)
    return Sample(f"{code}.{ending}", content, made)


def _loaded(file: Path) -> tuple[int, date | None]:
    """How many households, and when; of a demo that says neither, those of `make run` and today."""
    demo = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    loaded_on = date.fromisoformat(demo["loaded_on"]) if "loaded_on" in demo else None
    return demo.get("households", HOUSEHOLDS), loaded_on


@click.command()
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), required=True, help="Folder for the files.")
@click.option("--rows", "count", type=click.IntRange(1, 1_000_000), default=ROWS, show_default=True)
@click.option("--households", "household_count", type=int, help="Default: as many as the demo was loaded with.")
@click.option("--feed", "feeds", multiple=True, type=click.Choice(sorted(plans())), help="Only this one; repeatable.")
@click.option(
    "--data-dir", type=click.Path(path_type=Path), envvar="DATA_DIR", default=Path(".data"), show_default=True
)
@click.option("--seed", default=SEED, show_default=True)
def main(out: Path, count: int, household_count: int | None, feeds: tuple[str, ...], data_dir: Path, seed: int) -> None:
    """Write a sample file for each feed into a folder."""
    out.mkdir(parents=True, exist_ok=True)
    today = local_date(utc_now())
    as_loaded, loaded_on = _loaded(data_dir / "demo.json")
    made = samples(
        count=count,
        household_count=household_count or as_loaded,
        seed=seed,
        today=today,
        loaded_on=loaded_on,
        feeds=feeds,
    )
    for sample in made:
        (out / sample.name).write_bytes(sample.content)
        alarming = sum(row.alarming for row in sample.rows)
        click.echo(f"{sample.name}: {len(sample.rows)} rows, {alarming} to trigger")


if __name__ == "__main__":
    main()

"""Trying a rule over a bureau's file as it came: the rows that no rule kept are in it too.

The original is read frame by frame, in a thread, and nothing of it is kept. A row of a file has no verdict.
"""

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import polars as pl

from services.alerts.queries import files
from services.alerts.queries.known import find_facts
from services.alerts.rules.alerts import sight
from services.alerts.rules.files import FileNotFound
from services.alerts.rules.screening import Reference
from services.alerts.rules.screening_rules import STRANGER, Facts, facts_of
from services.alerts.rules.trials import MAX_DAYS, MAX_ROWS, Comparison, Trial, TrialTooLong, Tried
from services.alerts.usecases.file_look import keys_of
from services.alerts.usecases.file_originals import frames_of
from services.alerts.usecases.rule_trials import Sweep, open_trial
from services.alerts.usecases.rules import RuleDraft, require_publisher
from shared.clock import local_date
from shared.db.engine import Database
from shared.files import Shelf
from shared.security.principals import Principal
from shared.security.vault import Vault

_KEY, _SUBJECT, _OPEN, _PLACE = "_key", "_subject", "_undecided", "_at"


@dataclass(frozen=True, slots=True)
class FileExample:
    """A row that only one of the two rules lets through. Its repr is blind."""

    sheet: int
    row: int
    values: Mapping[str, Any] = field(repr=False)  # as the file has them, by field


@dataclass(frozen=True, slots=True)
class FileTrial:
    """What came of it. `examples` by the id that stands in the comparison."""

    comparison: Comparison
    fields: frozenset[str]  # that one of the rules looks at
    examples: Mapping[UUID, FileExample]


async def try_over_file(
    database: Database,
    shelf: Shelf,
    reference: Reference,
    who: Principal,
    draft: RuleDraft,
    file_id: UUID,
    sweep: Sweep | None,
    now: datetime,
) -> FileTrial:
    """What a draft would have done to the rows of a file in its area, beside the rules in force today.

    Raises as `try_rule` does, `FileNotFound` also for a file of another feed, `FileNotFinished` and `FileGone`.
    """
    require_publisher(who, draft.area_prefix)
    async with database.read(who.scope) as session:
        file = await files.get_file(session, who.id, sight(who), file_id)
        if file.feed != draft.feed:
            raise FileNotFound
        feed = await files.get_any_feed(session, file.feed)
        trial = await open_trial(session, feed, draft, sweep, local_date(now))
        frames = await frames_of(session, who, file_id, shelf, reference)
    trying = _Trying(trial, draft.area_prefix, shelf.vault)
    while (rows := await asyncio.to_thread(trying.next, frames)) is not None:
        facts = await _facts(database, rows, feed.risk_family)
        await asyncio.to_thread(trying.add, rows, facts)
        if max(trying.comparison.in_force.alerts, trying.comparison.tried.alerts) > MAX_ROWS:
            raise TrialTooLong(field="file_id", days=MAX_DAYS, rows=MAX_ROWS)
    rules = (*trial.in_force.rules, *trial.tried.rules)
    return FileTrial(trying.comparison, frozenset().union(*(rule.fields for rule in rules)), trying.examples)


async def _facts(database: Database, rows: pl.DataFrame, family: str) -> Mapping[str, Facts]:
    """What the register knows of those it has to decide. A case that is open now says nothing of then."""
    asked = rows.filter(pl.col(_KEY).is_not_null())
    if asked.is_empty():
        return {}
    person = pl.col("person.id_number").is_not_null() if "person.id_number" in rows.columns else pl.lit(False)
    people, households = (set(asked.filter(one)[_KEY]) for one in (person, ~person))
    async with database.single() as connection:
        known = await find_facts(connection, people, households, family)
    return {key: facts_of(one.household_class, has_open_case=False) for key, one in known.items()}


class _Trying:
    """The frames of one file, one after the other. `next` and `add` block."""

    def __init__(self, trial: Trial, area_prefix: str, vault: Vault) -> None:
        self.comparison = Comparison()
        self.examples: dict[UUID, FileExample] = {}
        self._trial = trial
        self._area_prefix = area_prefix
        self._vault = vault
        self._tasks: dict[str, UUID] = {}
        self._rows = 0

    def next(self, frames: Iterator[pl.DataFrame]) -> pl.DataFrame | None:
        """The next rows that lie in the area, with the keys of those that the register has to decide."""
        frame = next(frames, None)
        if frame is None:
            return None
        rows = frame.filter(pl.col("area_code").str.starts_with(self._area_prefix))
        rule_sets = (self._trial.in_force, self._trial.tried, *self._trial.others.values())
        undecided = pl.DataFrame({str(n): one.screen(rows)["open"] for n, one in enumerate(rule_sets)})
        rows = rows.with_columns(self._subject(rows), undecided.select(pl.any_horizontal(pl.all()).alias(_OPEN))[_OPEN])
        keys = keys_of(rows.filter(_OPEN), self._vault)
        places = rows.with_row_index(_PLACE).filter(_OPEN)[_PLACE].to_list()
        by_place = dict(zip(places, keys, strict=True))
        return rows.with_columns(pl.Series(_KEY, [by_place.get(n) for n in range(rows.height)], pl.String))

    def add(self, rows: pl.DataFrame, facts: Mapping[str, Facts]) -> None:
        """Count them."""
        told = [facts.get(key, STRANGER) for key in rows[_KEY]]
        known = rows.with_columns(pl.Series(fact, [one[fact] for one in told], pl.Boolean) for fact in STRANGER)
        subjects = rows[_SUBJECT].to_list()

        def at(place: int) -> Tried:
            number = UUID(int=self._rows + place)
            return Tried(number, self._tasks.setdefault(subjects[place], UUID(int=len(self._tasks))), None)

        self._trial.add(self.comparison, known, at)
        for example in self.comparison.examples:
            place = example.tried.id.int - self._rows
            if place >= 0:
                values = rows.row(place, named=True)
                self.examples[example.tried.id] = FileExample(values["sheet"] + 1, values["row"], values)
        self._rows += rows.height

    def _subject(self, rows: pl.DataFrame) -> pl.Expr:
        """Whom a row is about: rows of one person are one task."""
        own = [pl.col(name) for name in ("person.id_number", "household.national_code") if name in rows.columns]
        place = pl.format("row {}", pl.int_range(pl.len()) + self._rows)
        return pl.coalesce(*own, place).alias(_SUBJECT)

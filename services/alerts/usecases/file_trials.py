"""Trying a rule over a bureau's file as it came: the rows that no rule kept are in it too.

The original is read frame by frame, in a thread, and nothing of it is kept. What a row cost and caught is told by the
alert that it became; of a row that became none nobody knows.
"""

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import polars as pl

from services.alerts.queries import files
from services.alerts.queries.known import Facts as Known
from services.alerts.queries.known import find_facts
from services.alerts.queries.rules import find_verdicts
from services.alerts.rules.alerts import sight
from services.alerts.rules.files import FileNotFound
from services.alerts.rules.screening import Reference
from services.alerts.rules.screening_rules import STRANGER, Facts, facts_of
from services.alerts.rules.trials import MAX_DAYS, MAX_ROWS, Comparison, Trial, TrialTooLong, Tried
from services.alerts.usecases.file_look import keys_of
from services.alerts.usecases.file_originals import frames_of
from services.alerts.usecases.file_rows import ALERT, KEY
from services.alerts.usecases.rule_trials import Sweep, open_trial
from services.alerts.usecases.rules import RuleDraft, require_publisher
from shared.clock import local_date
from shared.contracts.households import Verdict
from shared.db.engine import Database
from shared.files import Shelf
from shared.security.principals import Principal
from shared.security.vault import Vault

_SUBJECT, _ASKED, _PLACE = "_subject", "_asked", "_at"


@dataclass(frozen=True, slots=True)
class FileExample:
    """A row that only one of the two rules lets through. Its repr is blind."""

    sheet: int
    row: int
    alert_id: UUID | None
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
        known = await _known(database, rows, feed.risk_family)
        async with database.read(who.scope) as session:
            verdicts = await find_verdicts(session, set(map(UUID, rows[ALERT].drop_nulls())))
        await asyncio.to_thread(trying.add, rows, known, verdicts)
        if max(trying.comparison.in_force.alerts, trying.comparison.tried.alerts) > MAX_ROWS:
            raise TrialTooLong(field="file_id", days=MAX_DAYS, rows=MAX_ROWS)
    rules = (*trial.in_force.rules, *trial.tried.rules)
    return FileTrial(trying.comparison, frozenset().union(*(rule.fields for rule in rules)), trying.examples)


async def _known(database: Database, rows: pl.DataFrame, family: str) -> Mapping[str, Known]:
    """What the register knows of those whom one of the rules lets through, or might."""
    asked = rows.filter(pl.col(KEY).is_not_null())
    if asked.is_empty():
        return {}
    person = pl.col("person.id_number").is_not_null() if "person.id_number" in rows.columns else pl.lit(False)
    people, households = (set(asked.filter(one)[KEY]) for one in (person, ~person))
    async with database.single() as connection:
        return await find_facts(connection, people, households, family)


def _facts(known: Known | None) -> Facts:
    """A case that is open now says nothing of then."""
    return facts_of(known.household_class, has_open_case=False) if known is not None else STRANGER


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
        """The next rows that lie in the area, with the keys of those that one of the rules lets through, or might."""
        frame = next(frames, None)
        if frame is None:
            return None
        rows = frame.filter(pl.col("area_code").str.starts_with(self._area_prefix))
        judged = [one.screen(rows) for one in (self._trial.in_force, self._trial.tried, *self._trial.others.values())]
        asked = [(one["open"] | one["severity"].is_not_null()).alias(str(at)) for at, one in enumerate(judged)]
        rows = rows.with_columns(
            self._subject(rows), pl.DataFrame(asked).select(pl.any_horizontal(pl.all()).alias(_ASKED))[_ASKED]
        )
        keys = keys_of(rows.filter(_ASKED), self._vault)
        places = rows.with_row_index(_PLACE).filter(_ASKED)[_PLACE].to_list()
        by_place = dict(zip(places, keys, strict=True))
        return rows.with_columns(pl.Series(KEY, [by_place.get(n) for n in range(rows.height)], pl.String))

    def add(self, rows: pl.DataFrame, known: Mapping[str, Known], verdicts: Mapping[UUID, Verdict]) -> None:
        """Count them."""
        found = [known.get(key or "") for key in rows[KEY]]
        told = [_facts(one) for one in found]
        whole = rows.with_columns(pl.Series(fact, [one[fact] for one in told], pl.Boolean) for fact in STRANGER)
        subjects = [str(one.household_id) if one else own for one, own in zip(found, rows[_SUBJECT], strict=True)]
        alerts = [UUID(one) if one else None for one in rows[ALERT]]

        def at(place: int) -> Tried:
            number, alert = UUID(int=self._rows + place), alerts[place]
            task = self._tasks.setdefault(subjects[place], UUID(int=len(self._tasks)))
            return Tried(number, task, verdicts.get(alert) if alert else None)

        self._trial.add(self.comparison, whole, at)
        for example in self.comparison.examples:
            place = example.tried.id.int - self._rows
            if place >= 0:
                values = rows.row(place, named=True)
                self.examples[example.tried.id] = FileExample(values["sheet"] + 1, values["row"], alerts[place], values)
        self._rows += rows.height

    def _subject(self, rows: pl.DataFrame) -> pl.Expr:
        """Whom a row is about, where the register does not say whose home that is: these rows are one task."""
        own = [pl.col(name) for name in ("person.id_number", "household.national_code") if name in rows.columns]
        return pl.coalesce(*own, "area_code").alias(_SUBJECT)

"""Trying a rule over a bureau's file as it came: the rows that no rule kept are in it too.

The original is read frame by frame, in a thread, and nothing of it is kept. A row of a file has no verdict.
"""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import polars as pl

from services.alerts.models import Feed, File
from services.alerts.queries import files
from services.alerts.queries.known import find_facts
from services.alerts.queries.reference import list_areas
from services.alerts.rules import Reference, sight
from services.alerts.rules.area_names import area_names
from services.alerts.rules.files import FRAME_ROWS, FileGone, FileNotFound
from services.alerts.rules.screening_rules import STRANGER, Facts, facts_of
from services.alerts.rules.trials import MAX_DAYS, MAX_ROWS, Comparison, Trial, TrialTooLong, Tried
from services.alerts.usecases.file_job import name_of, sieve_of
from services.alerts.usecases.file_look import Sieve
from services.alerts.usecases.file_rows import areas_and_words, sieve, tidied
from services.alerts.usecases.files import Shelf, open_original
from services.alerts.usecases.rule_trials import Sweep, open_trial
from services.alerts.usecases.rules import RuleDraft, require_publisher
from shared.areas import Scope
from shared.clock import local_date
from shared.db.engine import Database
from shared.idnumber import IdNumber
from shared.security.principals import Principal
from shared.security.vault import Vault
from shared.tables import Frame

_EVERYWHERE = Scope.everywhere()
_KEY, _SUBJECT = "_key", "_subject"


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


@dataclass(frozen=True, slots=True)
class _Original:
    file: File
    feed: Feed
    trial: Trial
    sieve: Sieve
    area_prefix: str


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

    Raises as `try_rule` does, `FileNotFound` also for a file of another feed, and `FileGone`.
    """
    require_publisher(who, draft.area_prefix)
    original = await _find(database, reference, who, draft, file_id, sweep, now)
    trying = _Trying(original, shelf.vault)
    frames = await asyncio.to_thread(_frames, original, shelf)
    while (rows := await asyncio.to_thread(trying.next, frames)) is not None:
        facts = await _facts(database, rows, original.feed.risk_family)
        await asyncio.to_thread(trying.add, rows, facts)
        through = max(trying.comparison.in_force.alerts, trying.comparison.tried.alerts)
        if through > MAX_ROWS:
            raise TrialTooLong(field="file_id", days=MAX_DAYS, rows=MAX_ROWS)
    rules = (*original.trial.in_force.rules, *original.trial.tried.rules)
    return FileTrial(trying.comparison, frozenset().union(*(rule.fields for rule in rules)), trying.examples)


async def _find(
    database: Database,
    reference: Reference,
    who: Principal,
    draft: RuleDraft,
    file_id: UUID,
    sweep: Sweep | None,
    now: datetime,
) -> _Original:
    async with database.read(who.scope) as session:
        file = await files.get_file(session, who.id, sight(who), file_id)
        if file.feed != draft.feed:
            raise FileNotFound
        if file.deleted_at is not None:
            raise FileGone
        feed = await files.get_any_feed(session, file.feed)
        trial = await open_trial(session, feed, draft, sweep, local_date(now))
        scope = Scope.parse(file.areas)
        names = area_names(await list_areas(session), scope)
    return _Original(file, feed, trial, sieve_of(feed, scope, reference, names, local_date(now)), draft.area_prefix)


def _frames(original: _Original, shelf: Shelf) -> Iterator[Frame]:
    file = original.file
    today = local_date(file.started_at or file.received_at)
    try:
        return open_original(shelf, file.id, name_of(file, shelf.vault), original.feed, today).frames(FRAME_ROWS)
    except FileNotFoundError:
        raise FileGone from None


async def _facts(database: Database, rows: pl.DataFrame, family: str) -> Mapping[str, Facts]:
    """What the register knows of those it has to decide. A case that is open now says nothing of then."""
    asked = rows.filter(pl.col(_KEY).is_not_null())
    if asked.is_empty():
        return {}
    person = pl.col("person.id_number").is_not_null() if "person.id_number" in rows.columns else pl.lit(False)
    people, households = (set(asked.filter(one)[_KEY]) for one in (person, ~person))
    async with database.read(_EVERYWHERE) as session:
        known = await find_facts(session, people, households, family)
    return {key: facts_of(one.household_class, has_open_case=False) for key, one in known.items()}


class _Trying:
    """The frames of one file, one after the other. `next` and `add` block."""

    def __init__(self, original: _Original, vault: Vault) -> None:
        self.comparison = Comparison()
        self.examples: dict[UUID, FileExample] = {}
        self._original = original
        self._vault = vault
        self._tasks: dict[str, UUID] = {}
        self._rows = 0

    def next(self, frames: Iterator[Frame]) -> pl.DataFrame | None:
        """The next rows that were read without fault and lie in the area, with the keys of those the register decides."""
        frame = next(frames, None)
        if frame is None:
            return None
        by = self._original.sieve
        _, good = sieve(frame)
        rows = tidied(areas_and_words(good, by.area_names, by.words))
        rows = rows.with_columns(pl.col("area_code").fill_null(pl.lit(by.own_area, pl.String)))
        rows = rows.filter(pl.col("area_code").str.starts_with(self._original.area_prefix))
        trial = self._original.trial
        judged = [one.screen(rows)["open"] for one in (trial.in_force, trial.tried, *trial.others.values())]
        is_open = pl.DataFrame({str(n): one for n, one in enumerate(judged)}).select(pl.any_horizontal(pl.all()))
        return rows.with_columns(self._subjects(rows), self._keys(rows, is_open.to_series().to_list()))

    def add(self, rows: pl.DataFrame, facts: Mapping[str, Facts]) -> None:
        """Count them."""
        told = [facts.get(key, STRANGER) for key in rows[_KEY]]
        known = rows.with_columns(pl.Series(fact, [one[fact] for one in told], pl.Boolean) for fact in STRANGER)
        subjects = rows[_SUBJECT].to_list()

        def at(place: int) -> Tried:
            number = UUID(int=self._rows + place)
            return Tried(number, self._tasks.setdefault(subjects[place], UUID(int=len(self._tasks))), None)

        self._original.trial.add(self.comparison, known, at)
        for example in self.comparison.examples:
            place = example.tried.id.int - self._rows
            if place >= 0:
                values = rows.row(place, named=True)
                self.examples[example.tried.id] = FileExample(values["sheet"], values["row"], values)
        self._rows += rows.height

    def _subjects(self, rows: pl.DataFrame) -> pl.Expr:
        """Whom a row is about: rows of one person are one task."""
        own = [pl.col(name) for name in ("person.id_number", "household.national_code") if name in rows.columns]
        place = pl.concat_str(pl.lit("row"), pl.int_range(pl.len()) + self._rows, separator=" ")
        return pl.coalesce(*own, place).alias(_SUBJECT)

    def _keys(self, rows: pl.DataFrame, wanted: Sequence[bool]) -> pl.Series:
        ids, codes = _column(rows, "person.id_number"), _column(rows, "household.national_code")
        keys = [
            None if not asked else self._key(number, code)
            for number, code, asked in zip(ids, codes, wanted, strict=True)
        ]
        return pl.Series(_KEY, keys, pl.String)

    def _key(self, number: str | None, code: str | None) -> str | None:
        if number:
            return self._vault.person_key(IdNumber(number))
        return self._vault.household_key(code) if code else None


def _column(rows: pl.DataFrame, name: str) -> list[Any]:
    return rows[name].to_list() if name in rows.columns else [None] * rows.height

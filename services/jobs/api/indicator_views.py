"""Counts, targets and names → answers."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from services.jobs.api.reader import Reader
from services.jobs.models import Person
from services.jobs.queries import people as find
from services.jobs.rules.indicators import FEN, Count, Indicator, IndicatorRules, Part
from services.jobs.rules.targets import value_of
from services.jobs.schemas import indicators as schemas
from services.jobs.usecases.indicator_board import Board
from services.jobs.usecases.indicator_names import Named
from services.jobs.usecases.targets import TargetLine, Targets
from shared.areas import code_of
from shared.db.engine import ReadSession
from shared.http.fields import AreaView
from shared.projections.areas import find_names_above

INDICATORS = "/jobs/v1/indicators"
LISTS = "/jobs/v1/priority-lists"
Names = dict[str, str]
Areas = Mapping[str, AreaView]


def definitions(version: IndicatorRules, reader: Reader) -> schemas.IndicatorsView:
    """What is in force, lists after indicators."""
    body = version.body
    return schemas.IndicatorsView(
        policy_id=version.policy_id,
        definitions=body.definitions.model_dump(),
        parameters=dict(body.parameters),
        indicators=[
            schemas.IndicatorView(
                code=code,
                title=_title(one, reader),
                unit=one.unit,
                per=one.per,
                of=one.of.text if one.of is not None else None,
                counted=one.counted.text,
                could=one.could.text if one.could is not None else None,
                amount=one.amount,
                is_list=code in version.lists,
            )
            for code, one in version.all.items()
        ],
    )


async def board(
    session: ReadSession, found: Board, before: Board | None, wanted: Sequence[Indicator], reader: Reader
) -> schemas.BoardView:
    """The board, with the names of all its areas loaded at once."""
    areas = await _areas(session, found, reader)
    return schemas.BoardView(
        area=areas.get(found.area_prefix),
        as_of=found.day,
        counted_at=found.counted_at,
        waiting=found.waiting,
        people=found.people,
        in_ledger=found.rows,
        lines=[_line(one, found, before, areas, reader) for one in wanted],
    )


async def lists(session: ReadSession, found: Board, wanted: Sequence[Indicator], reader: Reader) -> schemas.ListsView:
    """How many stand on each list."""
    areas = await _areas(session, found, reader)
    return schemas.ListsView(
        area=areas.get(found.area_prefix),
        as_of=found.day,
        waiting=found.waiting,
        lists=[
            schemas.ListCountsView(
                code=one.code,
                title=_title(one, reader),
                per=one.per,
                count=found.total.get(one.code, Count()).numerator,
                drill=_address(f"{LISTS}/{one.code}", found.area_prefix),
                below=_below(one, found, None, areas),
            )
            for one in wanted
        ],
    )


async def targets(session: ReadSession, area_prefix: str, found: Targets, reader: Reader) -> schemas.TargetsView:
    """Targets as they stand."""
    names = await find_names_above(session, [code_of(area_prefix)] if area_prefix else [])
    return schemas.TargetsView(
        area=_area(area_prefix, names, reader),
        as_of=found.day,
        waiting=found.waiting,
        policy_id=found.policy_id,
        targets=[_target(one, area_prefix, found.day, reader) for one in found.lines],
    )


async def people(session: ReadSession, page: Sequence[Named], reader: Reader, today: date) -> list[schemas.NamedView]:
    """Names with what the ledger says. Whoever has moved out of the asker's sight meanwhile is left out."""
    known = await find.list_by_ids(session, reader.who.scope, [one.person_id for one in page])
    names = await find_names_above(session, {one.area_code for one in page})
    return [_named(one, known[one.person_id], names, reader, today) for one in page if one.person_id in known]


def _line(one: Indicator, found: Board, before: Board | None, areas: Areas, reader: Reader) -> schemas.BoardLine:
    then = before.total.get(one.code, Count()) if before is not None else None
    of_last_year = value_of(one, then) if then is not None and one.unit != "points" else None
    return schemas.BoardLine(
        code=one.code,
        title=_title(one, reader),
        unit=one.unit,
        last_year=_number(of_last_year),
        drill=_address(f"{INDICATORS}/{one.code}/people", found.area_prefix, found.day),
        below=_below(one, found, before, areas),
        **_count(one, found.total.get(one.code, Count()), then),
    )


def _below(one: Indicator, found: Board, before: Board | None, areas: Areas) -> list[schemas.AreaCountView]:
    return [
        schemas.AreaCountView(
            area=areas[area],
            **_count(one, counts.get(one.code, Count()), _then(before, area, one.code)),
        )
        for area, counts in found.below.items()
        if len(area) > len(found.area_prefix)
    ]


def _then(before: Board | None, area: str, code: str) -> Count | None:
    return before.below.get(area, {}).get(code) if before is not None else None


def _count(one: Indicator, counted: Count, before: Count | None) -> dict[str, Any]:
    numerator = counted.numerator / FEN if one.unit == "yuan" else counted.numerator
    return {
        "value": _number(value_of(one, counted, before)),
        "numerator": numerator,
        "denominator": counted.denominator if one.of is not None or one.unit == "yuan" else None,
        "could": counted.could,
    }


def _target(line: TargetLine, area_prefix: str, day: date, reader: Reader) -> schemas.TargetView:
    found, one = line.measured, line.indicator
    could: Part = "could"
    address = _address(f"{INDICATORS}/{one.code}/people", area_prefix, day, part=could)
    return schemas.TargetView(
        code=line.target.code,
        title=getattr(line.target.title, reader.language),
        indicator=one.code,
        unit=one.unit,
        value=_number(found.value),
        floor=_number(found.floor),
        reached=found.reached,
        gap=_number(found.gap),
        gap_unit=found.gap_unit,
        people=found.people,
        could=line.now.could,
        drill=address if one.could is not None else None,
    )


def _named(one: Named, person: Person, names: Names, reader: Reader, today: date) -> schemas.NamedView:
    fields = one.fields
    days_home = fields["days_home"]
    return schemas.NamedView(
        **dict(reader.person(person, today)),
        area=reader.area(one.area_code, names),
        household_class=reader.code("household_class", person.household_class),
        relocated=person.relocated,
        grade=person.grade,
        days_home=int(days_home) if days_home is not None else None,
        **{
            name: fields[name]
            for name in ("status", "place", "trade", "wage", "wants_change", "able", "willing", "reason", "possible_on")
        },
    )


async def _areas(session: ReadSession, found: Board, reader: Reader) -> Areas:
    """The area itself, unless it is everywhere, and those below it."""
    prefixes = [area for area in (found.area_prefix, *found.below) if area]
    names = await find_names_above(session, (code_of(area) for area in prefixes))
    return {area: reader.area(code_of(area), names) for area in prefixes}


def _area(prefix: str, names: Names, reader: Reader) -> Any:
    return reader.area(code_of(prefix), names) if prefix else None


def _title(one: Indicator, reader: Reader) -> str:
    title: str = getattr(one.title, reader.language)
    return title


def _number(value: Decimal | None) -> float | None:
    return float(value) if value is not None else None


def _address(path: str, area_prefix: str, day: date | None = None, **more: str) -> str:
    asked: dict[str, str] = {"area": code_of(area_prefix)} if area_prefix else {}
    if day is not None:
        asked["as_of"] = day.isoformat()
    query = urlencode({**more, **asked})
    return f"{path}?{query}" if query else path

"""The people of villages with their rows of a month, as a frame: what indicators and priority lists are asked of.

A month that runs holds everybody who is in the register now, with a row or without. A month gone by holds its rows, and
of those without one who is in the register now and was then: their ids, of version 7, tell since when.
"""

import io
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import polars as pl

from services.jobs.queries.as_of import out_today, status_text
from services.jobs.queries.seen_from import seen_from
from services.jobs.rules.months import month_of, move
from shared.clock import start_of_day
from shared.contracts.labour_facts import RAW_TYPES
from shared.db.engine import ReadSession, raw
from shared.expressions import Type

# $1 is the day, $2 its month, $3 the month so many before, $7 the one further back.
_OUT = out_today("r", "$1::date")
_ENDED_BEFORE = "($3::date + interval '1 month - 1 day')::date"
_ENDED_EARLIER = "($7::date + interval '1 month - 1 day')::date"

_COLUMNS: Mapping[str, str] = {
    **{
        name: f"p.{name}"
        for name in (
            *("household_class", "relocated", "relocation_site", "grade", "sex", "relation", "education", "pupil"),
            *("school_stage", "labour_skill", "disability_level"),
        )
    },
    "age": "extract(year FROM age($1::date, p.birth_on))",
    "health": "',' || nullif(array_to_string(p.health, ','), '') || ','",
    **{
        name: f"r.{name}"
        for name in (
            *("work_area", "industry", "trade", "work_kind", "channel", "point_to_point", "organised", "stability"),
            *(
                "compared",
                "wants_change",
                "started_on",
                "ended_on",
                "able",
                "willing",
                "reason",
                "plan_on",
                "possible_on",
            ),
        )
    },
    "in_ledger": "r.person_id IS NOT NULL",
    "status": status_text("r", "$1::date"),
    "place": seen_from("{area}", "r.work_area"),
    "wage": "r.wage::float8",
    "days_home": f"CASE WHEN NOT ({_OUT}) AND r.ended_on < $1::date THEN $1::date - r.ended_on END",
    "status_before": status_text("b", _ENDED_BEFORE),
    "wage_before": "b.wage::float8",
    # Who began and was home again within the month began all the same: a stay rate is out of them as well.
    "began_before": f"b.status = 'out' AND b.started_on BETWEEN $3::date AND {_ENDED_BEFORE}",
    "same_employer": "r.employer_id = b.employer_id OR r.employer_key = b.employer_key",
    "wage_earlier": "e.wage::float8",
    "began_earlier": f"e.status = 'out' AND e.started_on BETWEEN $7::date AND {_ENDED_EARLIER}",
    "same_employer_earlier": "r.employer_id = e.employer_id OR r.employer_key = e.employer_key",
}
_IDS = {"person_id": "p.id", "household_id": "p.household_id"}
_BEFORE = (
    "LEFT JOIN labour_row b ON b.month = $3::date AND b.person_id = p.id"
    " LEFT JOIN labour_row e ON e.month = $7::date AND e.person_id = p.id"
)
_STATEMENT = f"""
SELECT {{of_row}} FROM labour_row r JOIN person p ON p.id = r.person_id {_BEFORE}
WHERE r.month = $2::date AND r.area_code = ANY ($4::text[]) AND (p.active OR NOT $5::boolean)
UNION ALL
SELECT {{of_person}} FROM person p LEFT JOIN labour_row r ON r.month = $2::date AND r.person_id = p.id {_BEFORE}
WHERE p.active AND p.area_code = ANY ($4::text[]) AND ($5::boolean OR p.id < $6::uuid) AND r.person_id IS NULL
"""  # noqa: S608
_ABSENT = f"""
SELECT {{of_person}} FROM person p LEFT JOIN labour_row r ON r.month = $2::date AND r.person_id = p.id {_BEFORE}
WHERE p.active AND {{among}} AND ($5::boolean OR p.id < $6::uuid) AND r.person_id IS NULL
"""  # noqa: S608

_DTYPES: Mapping[Type, Any] = {"number": pl.Float64, "text": pl.String, "boolean": pl.Boolean, "date": pl.Date}
SCHEMA: Mapping[str, Any] = {
    "person_id": pl.String,
    "household_id": pl.String,
    **{name: _DTYPES[type_] for name, type_ in RAW_TYPES.items()},
}
"""Every column there may be; ids as text."""


@dataclass(frozen=True, slots=True)
class FrameDay:
    """The day people are looked at; `running`: its month has not ended."""

    day: date
    running: bool
    look_backs: tuple[int, int]  # months: the month looked back on, and the one further back

    @property
    def month(self) -> date:
        """Its first day."""
        return month_of(self.day)


async def frame_of_villages(
    session: ReadSession, villages: Sequence[str], on: FrameDay, fields: Collection[str]
) -> pl.DataFrame:
    """Everybody of these villages, with these of `RAW_TYPES` beside ids and area. By COPY, as the driver would make an
    object of each cell; some ten thousand people at a time."""
    return await _gathered(session, _STATEMENT, villages, on, fields)


async def frame_without_rows(
    session: ReadSession, villages: Sequence[str], on: FrameDay, fields: Collection[str]
) -> pl.DataFrame:
    """Those of `frame_of_villages` who have no row."""
    return await _gathered(session, _ABSENT.replace("{among}", "p.area_code = ANY ($4::text[])"), villages, on, fields)


async def frame_of_people(
    session: ReadSession, people: Collection[UUID], on: FrameDay, fields: Collection[str]
) -> pl.DataFrame:
    """Those of these people who have no row."""
    return await _gathered(session, _ABSENT.replace("{among}", "p.id = ANY ($4::uuid[])"), list(people), on, fields)


async def _gathered(
    session: ReadSession, statement: str, whom: Sequence[str] | Sequence[UUID], on: FrameDay, fields: Collection[str]
) -> pl.DataFrame:
    names = ["person_id", "household_id", "area_code", *sorted({*fields} - {"area_code"})]
    statement = statement.format(of_row=_columns(names, "r.area_code"), of_person=_columns(names, "p.area_code"))
    told = io.BytesIO()
    arguments = (
        on.day,
        on.month,
        move(on.month, -on.look_backs[0]),
        list(whom),
        on.running,
        _first_id_after(on.month),
        move(on.month, -on.look_backs[1]),
    )
    await (await raw(session)).copy_from_query(
        statement, *arguments, output=told, format="csv", null="\\N", encoding="utf8"
    )
    told.seek(0)
    schema = {name: SCHEMA[name] for name in names}
    written = {name: pl.String if dtype == pl.Boolean else dtype for name, dtype in schema.items()}
    frame = pl.read_csv(told, has_header=False, schema=written, null_values=["\\N"])
    return frame.with_columns(pl.col(name) == "t" for name, dtype in schema.items() if dtype == pl.Boolean)


def _columns(names: Sequence[str], area: str) -> str:
    columns = {**_IDS, **_COLUMNS, "area_code": area}
    return ", ".join(f"{columns[name].replace('{area}', area)} AS {name}" for name in names)


def _first_id_after(month: date) -> UUID:
    """Below it are the ids (RFC 9562, version 7) made before the month's end."""
    milliseconds = int(start_of_day(move(month, 1)).timestamp() * 1000)
    return UUID(int=milliseconds << 80)

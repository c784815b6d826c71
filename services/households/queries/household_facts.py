"""All that is known of households, gathered by one statement: for some of them, or for whole areas as a frame.

Both ways send the same columns, so what is judged one by one and what is judged by night rests on the same numbers.
"""

import io
from collections.abc import Collection, Mapping
from datetime import date
from typing import Any
from uuid import UUID

import polars as pl

from services.households.rules.household_facts import FACT_TYPES, Facts
from services.households.rules.schooling.states import OUT, STATES
from services.households.rules.schooling.stay import FAMILY
from shared.areas import bounds
from shared.db.engine import ReadSession, raw
from shared.expressions import Type

# $1 is the day, $2 what is asked for. Amounts are doubles, as expressions reckon.
_COLUMNS: Mapping[str, str] = {
    "household_id": "h.id",
    "area_code": "h.area_code",
    "household_class": "h.class",
    **{
        name: f"h.{name}"
        for name in (
            *("relocated", "dwelling_level", "only_home", "safe_housing", "safe_water", "schooling_met", "medical_met"),
            *("no_labour_covered", "poverty_cause", "monitoring_class", "monitoring_state", "main_risk"),
        )
    },
    "land_mu": "h.land_mu::float8",
    "road_km": "h.road_km::float8",
    "risks": "',' || nullif(array_to_string(h.risks, ','), '') || ','",
    **{
        name: f"m.{name}"
        for name in (
            *("people", "labour_able", "labour_weak", "labour_none", "labour_unknown", "working_age", "under_16"),
            *("sixty_up", "pupils", "dropouts", "ill_serious", "ill_chronic", "disabled", "disabled_level_1"),
            *("disabled_level_2", "disabled_level_3", "disabled_level_4", "working", "public_posts", "uninsured"),
            *("insurance_unknown", "minimum_living", "extreme_poverty"),
        )
    },
    "open_checks": "coalesce(c.open_checks, 0)",
    "open_checks_high": "coalesce(c.open_checks_high, 0)",
    "open_severity": "(ARRAY['low', 'medium', 'high'])[c.open_severity]",
    "open_families": "',' || c.open_families || ','",
    "confirmed_year": "coalesce(c.confirmed_year, 0)",
    "confirmed_families": "',' || c.confirmed_families || ','",
    "days_since_confirmed": "$1::date - c.last_confirmed_on",
    "days_since_visit": "$1::date - v.last_visited_on",
    **{
        name: f"i.{name}::float8"
        for name in (
            *("net_per_head", "reference_per_head", "claims"),
            *("rigid_medical", "rigid_education", "rigid_disaster", "rigid_accident"),
        )
    },
    # Null while nobody has told of any income, as it is a head.
    "net_income": "CASE WHEN i.net_per_head IS NOT NULL THEN i.net_income::float8 END",
    "income_line": "i.line::float8",
    "self_paid": "i.self_paid::float8",
    "self_paid_share": "CASE WHEN i.net_income > 0 THEN i.self_paid::float8 / i.net_income::float8 END",
}
_IN_CHINA = "(({}) AT TIME ZONE INTERVAL '8 hours')::date"

# A child with a case counts once, whatever the register says of its school; who is taught at home, is back or owes no
# school is no dropout.
_OUT = f"IN ({', '.join(repr(state) for state in OUT)})"
_EXCUSED = f"IN ({', '.join(repr(state) for state in STATES if state not in OUT)})"

_IN_ORDER = [(name, _COLUMNS[name]) for name in ("household_id", *FACT_TYPES)]

_FACTS = f"""
SELECT {", ".join(f"{expression} AS {name}" for name, expression in _IN_ORDER)}
FROM household h
CROSS JOIN LATERAL (
    SELECT count(*) AS people,
        count(*) FILTER (WHERE labour_skill IN ('ordinary', 'skilled')) AS labour_able,
        count(*) FILTER (WHERE labour_skill = 'weak') AS labour_weak,
        count(*) FILTER (WHERE labour_skill IN ('lost', 'none')) AS labour_none,
        count(*) FILTER (WHERE labour_skill IS NULL) AS labour_unknown,
        count(*) FILTER (WHERE birth_on <= ($1::date - interval '16 years')
            AND birth_on > ($1::date - interval '60 years')) AS working_age,
        count(*) FILTER (WHERE birth_on > ($1::date - interval '16 years')) AS under_16,
        count(*) FILTER (WHERE birth_on <= ($1::date - interval '60 years')) AS sixty_up,
        count(*) FILTER (WHERE pupil) AS pupils,
        count(*) FILTER (WHERE birth_on > ($1::date - interval '18 years') AND (
            EXISTS (SELECT FROM dropout_case d WHERE d.member_id = member.id AND d.state {_OUT})
            OR (school_stage IS NULL AND birth_on <= ($1::date - interval '7 years')
                AND birth_on > ($1::date - interval '16 years')
                AND NOT EXISTS (
                    SELECT FROM dropout_case d WHERE d.member_id = member.id AND d.state {_EXCUSED})))) AS dropouts,
        count(*) FILTER (WHERE 'serious' = ANY (health)) AS ill_serious,
        count(*) FILTER (WHERE 'chronic' = ANY (health)) AS ill_chronic,
        count(*) FILTER (WHERE disability_level IS NOT NULL OR 'disabled' = ANY (health)) AS disabled,
        count(*) FILTER (WHERE disability_level = 1) AS disabled_level_1,
        count(*) FILTER (WHERE disability_level = 2) AS disabled_level_2,
        count(*) FILTER (WHERE disability_level = 3) AS disabled_level_3,
        count(*) FILTER (WHERE disability_level = 4) AS disabled_level_4,
        count(*) FILTER (WHERE work_months > 0 OR work_area IS NOT NULL OR public_post) AS working,
        count(*) FILTER (WHERE public_post) AS public_posts,
        count(*) FILTER (WHERE medical_insurance = 'none') AS uninsured,
        count(*) FILTER (WHERE medical_insurance IS NULL) AS insurance_unknown,
        count(*) FILTER (WHERE minimum_living_allowance) AS minimum_living,
        count(*) FILTER (WHERE extreme_poverty_support) AS extreme_poverty
    FROM member WHERE household_id = h.id AND left_on IS NULL
) m
LEFT JOIN LATERAL (
    SELECT count(*) FILTER (WHERE state = 'open') AS open_checks,
        count(*) FILTER (WHERE state = 'open' AND severity = 3) AS open_checks_high,
        max(severity) FILTER (WHERE state = 'open') AS open_severity,
        string_agg(DISTINCT risk_family, ',' ORDER BY risk_family) FILTER (WHERE state = 'open') AS open_families,
        count(*) FILTER (WHERE confirmed_on > $1::date - 365) AS confirmed_year,
        string_agg(DISTINCT risk_family, ',' ORDER BY risk_family)
            FILTER (WHERE confirmed_on > $1::date - 365) AS confirmed_families,
        max(confirmed_on) AS last_confirmed_on
    FROM (
        SELECT r.state, r.risk_family,
            CASE WHEN r.verdict = 'risk_confirmed' THEN {_IN_CHINA.format("r.closed_at")} END AS confirmed_on,
            CASE WHEN r.state = 'open' THEN (
                SELECT max(CASE e.severity WHEN 'high' THEN 3 WHEN 'medium' THEN 2 ELSE 1 END)
                FROM evidence e WHERE e.case_id = r.id AND e.withdrawn_at IS NULL
            ) END AS severity
        FROM risk_case r WHERE r.household_id = h.id AND r.risk_family <> '{FAMILY}'
        UNION ALL
        SELECT 'closed', e.area_family, {_IN_CHINA.format("e.added_at")}, NULL
        FROM monitoring_case n JOIN case_evidence e ON e.case_id = n.id
        WHERE n.household_id = h.id AND e.area_family IS NOT NULL
    ) of_household
) c ON true
LEFT JOIN LATERAL (
    SELECT {_IN_CHINA.format("max(visited_at)")} AS last_visited_on FROM visit WHERE household_id = h.id
) v ON true
LEFT JOIN (
    SELECT *, rigid_medical + rigid_education + rigid_disaster + rigid_accident AS self_paid FROM income_summary
) i ON i.household_id = h.id
WHERE h.dissolved_on IS NULL AND
"""  # noqa: S608
OF_HOUSEHOLDS = f"{_FACTS} h.id = ANY ($2::uuid[])"
OF_AREA = f"{_FACTS} h.area_code BETWEEN $2 AND $3"

_DTYPES: Mapping[Type, Any] = {"number": pl.Float64, "text": pl.String, "boolean": pl.Boolean, "date": pl.Date}
SCHEMA = {name: _DTYPES[FACT_TYPES[name]] if name in FACT_TYPES else pl.String for name, _ in _IN_ORDER}
"""The frame: a column for each fact, `household_id` as text."""


async def find_facts(session: ReadSession, household_ids: Collection[UUID], on: date) -> dict[UUID, Facts]:
    """What is known of each on that day (in China); households that are dissolved or out of sight are absent."""
    rows = await (await raw(session)).fetch(OF_HOUSEHOLDS, on, list(household_ids))
    return {row["household_id"]: Facts(**row) for row in rows}


async def frame_of_households(session: ReadSession, household_ids: Collection[UUID], on: date) -> pl.DataFrame:
    """The same of many, as a frame of `SCHEMA`."""
    return await _frame(session, OF_HOUSEHOLDS, on, list(household_ids))


async def frame_of_area(session: ReadSession, prefix: str, on: date) -> pl.DataFrame:
    """The same of all households below an area prefix; one statement, so a township at a time rather than a county."""
    return await _frame(session, OF_AREA, on, *bounds(prefix))


async def _frame(session: ReadSession, statement: str, *arguments: Any) -> pl.DataFrame:
    """By COPY: the driver makes no objects of what Polars will read anyway."""
    told = io.BytesIO()
    await (await raw(session)).copy_from_query(
        statement, *arguments, output=told, format="csv", null="\\N", encoding="utf8"
    )
    told.seek(0)
    written = {name: pl.String if dtype == pl.Boolean else dtype for name, dtype in SCHEMA.items()}
    frame = pl.read_csv(told, has_header=False, schema=written, null_values=["\\N"])
    return frame.with_columns(pl.col(name) == "t" for name, dtype in SCHEMA.items() if dtype == pl.Boolean)

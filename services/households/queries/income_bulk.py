"""What the lines of many households add up to, in one statement: the arithmetic of `rules/income.py`, set by set.

Only where lines of different sources meet within one family of items are months looked at one by one; a line that
nobody contradicts is a fraction of its amount.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from services.households.codes import LISTS
from services.households.rules.income_lines import FAMILIES, INCOME, group_of, is_counted_item
from services.households.rules.months import first_day, period_before
from shared.contracts.income_policies import IncomeRules
from shared.db.engine import ReadSession, WriteSession, raw

_LOCK = "SELECT id, area_code FROM household WHERE id = ANY ($1) ORDER BY id FOR NO KEY UPDATE"

# Of what the parts of the statement hold the planner knows nothing, takes them for a handful, and would compare each line
# with each person: 30 seconds and more for what takes one.
_NESTED_LOOPS = "SELECT set_config('enable_nestloop', $1, true)"
_FEW = 50
_FORGET_DISSOLVED = """
DELETE FROM income_summary s USING household h
WHERE s.household_id = ANY ($1) AND h.id = s.household_id AND h.dissolved_on IS NOT NULL
"""

_RECOMPUTE = """
WITH item AS (
    SELECT * FROM unnest($4::text[], $5::text[], $6::text[], $7::boolean[]) AS i (item, grp, family, income)
), source AS (
    SELECT * FROM unnest($8::text[]) WITH ORDINALITY AS s (name, rank)
), left_but_counted AS (
    SELECT * FROM unnest($9::text[], $10::text[], $11::integer[]) AS l (reason, stage, months)
), person AS (
    SELECT m.id, m.household_id,
        date_part('year', m.left_on)::integer * 12 + date_part('month', m.left_on)::integer - 1 AS left_month,
        m.birth_on <= $12 AND (m.left_on IS NULL OR m.left_on > $12 OR (
            EXISTS (
                SELECT FROM left_but_counted l
                WHERE l.reason = m.left_reason AND l.stage = m.school_stage AND $3 + 1 - l.months
                    < date_part('year', m.left_on)::integer * 12 + date_part('month', m.left_on)::integer - 1
            ) AND NOT EXISTS (SELECT FROM persons_registered(ARRAY[m.person_key]))
        )) AS counted
    FROM member m WHERE m.household_id = ANY ($1)
), head AS (
    SELECT household_id, count(*) AS people FROM person WHERE counted GROUP BY household_id
), line AS (
    SELECT e.id, e.household_id, e.member_id, i.grp, i.family, coalesce(s.rank, 1000) AS rank, e.amount,
        e.month_last - e.month_first + 1 AS span,
        greatest(e.month_first, $2) AS lo,
        least(e.month_last, $3, CASE WHEN i.income AND NOT p.counted
            THEN CASE WHEN $13 THEN coalesce(p.left_month, 0) ELSE 0 END END) AS hi
    FROM income_entry e
        JOIN item i ON i.item = e.item
        LEFT JOIN source s ON s.name = e.source
        LEFT JOIN person p ON p.id = e.member_id
    WHERE e.household_id = ANY ($1) AND e.ended_at IS NULL AND e.month_first <= $3 AND e.month_last >= $2
), within AS (
    SELECT *, min(rank) OVER family <> max(rank) OVER family AS contested
    FROM line WHERE lo <= hi WINDOW family AS (PARTITION BY household_id, family)
), month AS (
    SELECT id, member_id, rank,
        min(rank) OVER (PARTITION BY household_id, family, m) AS of_all,
        min(rank) FILTER (WHERE member_id IS NULL) OVER (PARTITION BY household_id, family, m) AS of_household,
        min(rank) OVER (PARTITION BY household_id, family, m, member_id) AS of_person
    FROM within, generate_series(lo, hi) AS m WHERE contested
), kept AS (
    SELECT id, count(*) FILTER (
        WHERE rank <= CASE WHEN member_id IS NULL THEN of_all ELSE least(of_household, of_person) END
    ) AS months
    FROM month GROUP BY id
), counted AS (
    SELECT w.household_id, w.grp, coalesce(k.months, w.hi - w.lo + 1) AS months,
        round(w.amount * coalesce(k.months, w.hi - w.lo + 1) / w.span, 2) AS amount
    FROM within w LEFT JOIN kept k ON k.id = w.id
), total AS (
    SELECT household_id,
        coalesce(sum(amount) FILTER (WHERE grp = 'wages'), 0) AS wages,
        coalesce(sum(amount) FILTER (WHERE grp = 'business'), 0) AS business,
        coalesce(sum(amount) FILTER (WHERE grp = 'property'), 0) AS property,
        coalesce(sum(amount) FILTER (WHERE grp = 'transfers'), 0) AS transfers,
        coalesce(sum(amount) FILTER (WHERE grp = 'business_costs'), 0) AS business_costs,
        coalesce(sum(amount) FILTER (WHERE grp = 'claims'), 0) AS claims,
        coalesce(sum(amount) FILTER (WHERE grp = 'medical'), 0) AS medical,
        coalesce(sum(amount) FILTER (WHERE grp = 'education'), 0) AS education,
        coalesce(sum(amount) FILTER (WHERE grp = 'disaster'), 0) AS disaster,
        coalesce(sum(amount) FILTER (WHERE grp = 'accident'), 0) AS accident,
        sum(CASE WHEN grp IN ('wages', 'business', 'property', 'transfers') THEN amount
            WHEN grp = 'business_costs' THEN -amount END) FILTER (WHERE months > 0) AS net,
        sum(CASE WHEN grp IN ('wages', 'business', 'property', 'transfers', 'claims') THEN amount ELSE -amount END)
            AS reference
    FROM counted GROUP BY household_id
)
INSERT INTO income_summary (
    household_id, area_code, period_first, period_last, people, wages, business, property, transfers, business_costs,
    claims, rigid_medical, rigid_education, rigid_disaster, rigid_accident, net_income, net_per_head,
    reference_per_head, line, line_policy_id, rules_policy_id, computed_at
)
SELECT h.id, h.area_code, $14, $15, coalesce(head.people, 0),
    coalesce(wages, 0), coalesce(business, 0), coalesce(property, 0), coalesce(transfers, 0),
    coalesce(business_costs, 0), coalesce(claims, 0), coalesce(medical, 0), coalesce(education, 0),
    coalesce(disaster, 0), coalesce(accident, 0), coalesce(net, 0),
    round(net / head.people, 2), CASE WHEN net IS NOT NULL THEN round(reference / head.people, 2) END,
    a.line, a.policy_id, $16, $17
FROM household h
    LEFT JOIN head ON head.household_id = h.id
    LEFT JOIN total ON total.household_id = h.id
    LEFT JOIN unnest($18::text[], $19::integer[], $20::uuid[]) AS a (area_code, line, policy_id)
        ON a.area_code = h.area_code
WHERE h.id = ANY ($1) AND h.dissolved_on IS NULL
ORDER BY h.id
ON CONFLICT (household_id) DO UPDATE SET
    period_first = excluded.period_first, period_last = excluded.period_last, people = excluded.people,
    wages = excluded.wages, business = excluded.business, property = excluded.property,
    transfers = excluded.transfers, business_costs = excluded.business_costs, claims = excluded.claims,
    rigid_medical = excluded.rigid_medical, rigid_education = excluded.rigid_education,
    rigid_disaster = excluded.rigid_disaster, rigid_accident = excluded.rigid_accident,
    net_income = excluded.net_income, net_per_head = excluded.net_per_head,
    reference_per_head = excluded.reference_per_head, line = excluded.line,
    line_policy_id = excluded.line_policy_id, rules_policy_id = excluded.rules_policy_id,
    computed_at = excluded.computed_at
"""

_STALE = """
SELECT h.id FROM household h
    JOIN unnest($2::text[], $3::uuid[], $4::uuid[]) AS a (area_code, line_policy_id, rules_policy_id)
        ON a.area_code = h.area_code
    LEFT JOIN income_summary s ON s.household_id = h.id
WHERE h.id > $1 AND h.dissolved_on IS NULL AND (s.household_id IS NULL OR s.period_last <> $5
    OR s.line_policy_id IS DISTINCT FROM a.line_policy_id OR s.rules_policy_id <> a.rules_policy_id)
ORDER BY h.id LIMIT $6
"""


@dataclass(frozen=True, slots=True)
class IncomeTerms:
    """The versions that hold in one area. `line`: yuan per head and year, None where there is none."""

    line: int | None
    line_policy_id: UUID | None
    rules: IncomeRules
    rules_policy_id: UUID


async def lock_areas_of(session: WriteSession, household_ids: Collection[UUID]) -> dict[UUID, str]:
    """Where households lie; nobody else computes them until commit, for a sum must not miss a line of another hand.

    Those that are no more (销户) lose their sums.
    """
    connection, ids = await raw(session), sorted(set(household_ids))
    areas = {row[0]: row[1] for row in await connection.fetch(_LOCK, ids)}
    await connection.execute(_FORGET_DISSOLVED, ids)
    return areas


async def write_summaries(
    session: WriteSession, household_ids: Sequence[UUID], by_area: Mapping[str, IncomeTerms], on: date, now: datetime
) -> None:
    """Compute locked households whose areas have the same rules, for the period before `on`."""
    some = next(iter(by_area.values()))
    rules, period = some.rules, period_before(on)
    items = [item for item in LISTS["income_item"].texts if is_counted_item(item, rules)]
    groups = [group_of(item) for item in items]
    still = [(one.reason, stage, one.months) for one in rules.left_but_counted for stage in one.school_stages]
    connection = await raw(session)
    many = len(household_ids) > _FEW
    if many:
        await connection.execute(_NESTED_LOOPS, "off")
    await connection.execute(
        _RECOMPUTE,
        household_ids,
        period.first,
        period.last,
        items,
        groups,
        [FAMILIES.get(item, item) for item in items],
        [group in INCOME for group in groups],
        rules.sources,
        [reason for reason, _, _ in still],
        [stage for _, stage, _ in still],
        [months for _, _, months in still],
        on,
        rules.income_of_left == "until_left",
        first_day(period.first),
        first_day(period.last),
        some.rules_policy_id,
        now,
        list(by_area),
        [one.line for one in by_area.values()],
        [one.line_policy_id for one in by_area.values()],
    )
    if many:
        await connection.execute(_NESTED_LOOPS, "on")


async def list_stale(
    session: ReadSession, after: UUID, by_area: Mapping[str, IncomeTerms], on: date, limit: int
) -> list[UUID]:
    """Households whose sums are of another month or of other policies than are in force, in the order of their ids."""
    rows = await (await raw(session)).fetch(
        _STALE,
        after,
        list(by_area),
        [one.line_policy_id for one in by_area.values()],
        [one.rules_policy_id for one in by_area.values()],
        first_day(period_before(on).last),
        limit,
    )
    return [row[0] for row in rows]


async def list_area_codes(session: ReadSession) -> list[str]:
    """Every area that is known, closed ones too: households may still lie in them."""
    return [row[0] for row in await (await raw(session)).fetch("SELECT code FROM area")]


async def list_versions(session: ReadSession) -> list[tuple[UUID, date | None]]:
    """Which policies of income there are, and how long each holds: another list is a reason to look again."""
    rows = await (await raw(session)).fetch(
        "SELECT id, valid_to FROM policy WHERE kind IN ('income-line', 'income-rules') ORDER BY id"
    )
    return [tuple(row) for row in rows]

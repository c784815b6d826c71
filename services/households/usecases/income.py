"""The sums of households (收入测算), kept up to date: with every change, and when the month turns or a policy comes."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Self
from uuid import UUID

from services.households.queries.income_bulk import IncomeTerms, list_stale, lock_areas_of, write_summaries
from services.households.usecases.grading import regrade_later
from shared.clock import local_date
from shared.contracts.income_policies import IncomeLine, IncomeRules
from shared.db.engine import ReadSession, WriteSession
from shared.projections.policies import InForce, load_in_force

LINE, RULES = "income-line", "income-rules"
BATCH = 5_000
"""Households in one transaction: a fraction of a second in which nobody else changes them."""


@dataclass(frozen=True, slots=True)
class IncomePolicies:
    """The versions of both kinds, loaded once for a day."""

    lines: InForce[IncomeLine]
    rules: InForce[IncomeRules]

    @classmethod
    async def load(cls, session: ReadSession, on: date) -> Self:
        """All of them."""
        return cls(
            await load_in_force(session, LINE, on, IncomeLine),
            await load_in_force(session, RULES, on, IncomeRules),
        )

    def find(self, area_code: str) -> IncomeTerms | None:
        """What holds in an area; None where no rules do. Without a line the numbers stand alone."""
        rules, rules_policy_id = self.rules.find(area_code)
        if rules is None or rules_policy_id is None:
            return None
        line, line_policy_id = self.lines.find(area_code)
        return IncomeTerms(line.per_head if line else None, line_policy_id, rules, rules_policy_id)

    def by_area(self, area_codes: Iterable[str]) -> dict[str, IncomeTerms]:
        """What holds in each of those areas that have rules."""
        found = {area: self.find(area) for area in area_codes}
        return {area: one for area, one in found.items() if one is not None}


async def recompute(session: WriteSession, household_ids: Collection[UUID], now: datetime) -> None:
    """Compute the sums of households anew, in the transaction that changed a line, a person, or where they live.

    Where no `income-rules` are in force there is no sum: a number without its rule is not made up.
    """
    if not household_ids:
        return
    on = local_date(now)
    areas = await lock_areas_of(session, household_ids)
    in_force = (await IncomePolicies.load(session, on)).by_area(set(areas.values()))
    for group in _by_rules(in_force):
        ids = [id_ for id_, area in areas.items() if area in group]
        await write_summaries(session, ids, group, on, now)


def _by_rules(in_force: dict[str, IncomeTerms]) -> list[dict[str, IncomeTerms]]:
    """Areas with the same rules together: they are computed by one statement."""
    groups: dict[UUID, dict[str, IncomeTerms]] = defaultdict(dict)
    for area, one in in_force.items():
        groups[one.rules_policy_id][area] = one
    return list(groups.values())


async def recompute_stale(
    session: WriteSession, after: UUID, area_codes: Iterable[str], now: datetime
) -> tuple[int, UUID | None]:
    """Compute the next batch of households whose sums are of another month or policy; how many, after whom to go on."""
    on = local_date(now)
    in_force = (await IncomePolicies.load(session, on)).by_area(area_codes)
    ids = await list_stale(session, after, in_force, on, BATCH) if in_force else []
    await recompute(session, ids, now)
    await regrade_later(session, ids, now)
    return len(ids), ids[-1] if len(ids) == BATCH else None

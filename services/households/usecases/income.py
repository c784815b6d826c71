"""The sums of households (收入测算), kept up to date: with every change, and when the month turns or a policy comes."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import date, datetime
from uuid import UUID

from services.households.queries.income_bulk import InForce, list_stale, lock_areas_of, write_summaries
from shared.clock import local_date
from shared.contracts.income_policies import IncomeLine, IncomeRules
from shared.db.engine import ReadSession, WriteSession
from shared.projections.policies import Policies, load
from shared.versions import pick

LINE, RULES = "income-line", "income-rules"
BATCH = 5_000
"""Households in one transaction: a fraction of a second in which nobody else changes them."""


class IncomePolicies:
    """The versions of both kinds, loaded once."""

    def __init__(self, lines: Policies, rules: Policies) -> None:
        self._lines, self._rules = lines, rules
        self._bodies: dict[UUID, IncomeRules] = {}

    @classmethod
    async def load(cls, session: ReadSession) -> "IncomePolicies":
        """All of them."""
        return cls(await load(session, LINE), await load(session, RULES))

    def find(self, area_code: str, on: date) -> InForce | None:
        """What holds in an area on a day; None where no rules do."""
        rules = pick(self._rules.versions, area_code, on)
        return self._with_line(rules.id, rules.body, area_code, on) if rules else None

    def get(self, area_code: str, on: date) -> InForce:
        """What holds; raises `PolicyMissing` where no rules do. Without a line the numbers stand alone."""
        rules = self._rules.in_force(area_code, on)
        return self._with_line(rules.id, rules.body, area_code, on)

    def _with_line(self, id_: UUID, body: dict[str, object], area_code: str, on: date) -> InForce:
        rules = self._bodies.setdefault(id_, IncomeRules.model_validate(body))
        line = pick(self._lines.versions, area_code, on)
        amount = IncomeLine.model_validate(line.body).per_head if line else None
        return InForce(amount, line.id if line else None, rules, id_)

    def by_area(self, area_codes: Iterable[str], on: date) -> dict[str, InForce]:
        """What holds in each of those areas that have rules."""
        found = {area: self.find(area, on) for area in area_codes}
        return {area: one for area, one in found.items() if one is not None}


async def recompute(session: WriteSession, household_ids: Collection[UUID], now: datetime) -> None:
    """Compute the sums of households anew, in the transaction that changed a line, a person, or where they live.

    Where no `income-rules` are in force there is no sum: a number without its rule is not made up.
    """
    if not household_ids:
        return
    on = local_date(now)
    areas = await lock_areas_of(session, household_ids)
    in_force = (await IncomePolicies.load(session)).by_area(set(areas.values()), on)
    for group in _by_rules(in_force):
        ids = [id_ for id_, area in areas.items() if area in group]
        await write_summaries(session, ids, group, on, now)


def _by_rules(in_force: dict[str, InForce]) -> list[dict[str, InForce]]:
    """Areas with the same rules together: they are computed by one statement."""
    groups: dict[UUID, dict[str, InForce]] = defaultdict(dict)
    for area, one in in_force.items():
        groups[one.rules_policy_id][area] = one
    return list(groups.values())


async def recompute_stale(
    session: WriteSession, after: UUID, area_codes: Iterable[str], now: datetime
) -> tuple[int, UUID | None]:
    """Compute the next batch of households whose sums are of another month or policy; how many, after whom to go on."""
    on = local_date(now)
    in_force = (await IncomePolicies.load(session)).by_area(area_codes, on)
    ids = await list_stale(session, after, in_force, on, BATCH) if in_force else []
    await recompute(session, ids, now)
    return len(ids), ids[-1] if len(ids) == BATCH else None

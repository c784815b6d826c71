"""The income statement of one household (收入测算表), line by line, as of a day."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from services.households.models import Household, IncomeEntry, Member
from services.households.queries import income as find
from services.households.queries.income_bulk import IncomeTerms
from services.households.queries.register import get_household, list_members
from services.households.rules.income import calculate
from services.households.rules.income_lines import Statement
from services.households.rules.months import period_before
from services.households.usecases.income import RULES, IncomePolicies
from shared.areas import Scope
from shared.db.engine import ReadSession
from shared.projections.policies import PolicyMissing


@dataclass(frozen=True, slots=True)
class Stated:
    """A statement with what it is about."""

    household: Household
    members: Mapping[UUID, Member]  # those who left as well, heads first
    entries: Sequence[IncomeEntry]  # in the order of the statement's lines
    statement: Statement
    in_force: IncomeTerms
    on: date


async def state_income(session: ReadSession, scope: Scope, household_id: UUID, on: date) -> Stated:
    """Calculate it from the lines that stand now, with the people and policies of that day.

    Raises `HouseholdNotFound`, and `PolicyMissing` where no `income-rules` are in force.
    """
    household = await get_household(session, scope, household_id)
    in_force = (await IncomePolicies.load(session, on)).find(household.area_code)
    if in_force is None:
        raise PolicyMissing(kind=RULES)
    period = period_before(on)
    entries = await find.list_live(session, scope, household_id, period)
    people = await find.list_people(session, scope, household_id)
    members = {one.id: one for one in await list_members(session, scope, [household_id])}
    lines = [find.as_line(entry) for entry in entries]
    statement = calculate(lines, people, period, on, in_force.rules, in_force.line)
    return Stated(household, members, entries, statement, in_force, on)

"""School leavers (两后生): who stands on the priority list of that name, and on no other grounds."""

import asyncio
from collections.abc import Sequence
from datetime import date
from uuid import UUID

from services.jobs.models import Person
from services.jobs.queries.course_results import find_learning
from services.jobs.queries.labour_frame import frame_of_villages
from services.jobs.queries.people import list_by_ids
from services.jobs.rules.indicators import names, prepared
from services.jobs.rules.post_refusals import NoSchoolLeaver
from services.jobs.usecases.indicator_counts import frame_day
from services.jobs.usecases.indicator_names import Asked, list_names, require_list
from services.jobs.usecases.indicator_rules import IndicatorRuleSets
from shared.areas import Scope
from shared.db.engine import ReadSession

LEAVERS = "two-after-students"
"""The list of the policy `labour-indicators`."""


async def require_school_leaver(session: ReadSession, person: Person, today: date) -> None:
    """Raise `NoSchoolLeaver`; `IndicatorsMissing` or `IndicatorUnknown` where nobody has said who is one."""
    rules = await IndicatorRuleSets.load(session)
    listed = require_list(rules, Asked(LEAVERS, "counted", person.area_code, None), today)
    version = rules.require(person.area_code, today)
    fields = version.raw_fields_of(LEAVERS)
    village = await frame_of_villages(session, [person.area_code], frame_day(version, today, today), fields)
    found = await asyncio.to_thread(lambda: names(version, listed, "counted", prepared(version, village)))
    if str(person.id) not in set(found["person_id"]):
        raise NoSchoolLeaver(field="person_id")


async def list_leavers(
    session: ReadSession, scope: Scope, today: date, after: tuple[str, UUID] | None, limit: int
) -> Sequence[Person]:
    """Those of the scope who are in no open course, by village and id. Raises as `require_school_leaver`."""
    rules = await IndicatorRuleSets.load(session)
    found: list[Person] = []
    for prefix in sorted(scope.prefixes):
        asked = Asked(LEAVERS, "counted", prefix, None)
        require_list(rules, asked, today)
        last = after
        while len(found) < limit:
            named = await list_names(session, rules, asked, today, last, limit)
            ids = [one.person_id for one in named]
            people, learning = await list_by_ids(session, scope, ids), await find_learning(session, ids)
            found += [people[one] for one in ids if one in people and one not in learning]
            if len(named) < limit:
                break
            last = (named[-1].area_code, named[-1].person_id)
    return found[:limit]

"""The jobs service hears of everybody of 15 and older: `LabourChanged`, in the transaction of whatever changed them.

Who lives where travels along, so `tell_members` tells this as well; other facts of a person are told from here alone.
"""

import binascii
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, datetime
from uuid import UUID

import orjson

from services.households.models import Household
from services.households.queries import labour as find
from services.households.queries.labour import LabourFacts
from services.households.usecases.sealing import ID_NUMBER, PERSON_PHONE
from shared.clock import local_date
from shared.contracts.labour import FACTS, LABOUR_AGE, NAME, LabourChanged
from shared.contracts.labour import ID_NUMBER as TOLD_ID_NUMBER
from shared.contracts.labour import PHONE as TOLD_PHONE
from shared.db.engine import WriteSession, raw
from shared.lanes import Lane
from shared.outbox import emit
from shared.security.vault import Vault

assert (ID_NUMBER, PERSON_PHONE) == (TOLD_ID_NUMBER, TOLD_PHONE), "sealed values travel as they are kept"

TOLD_OF_PERSON = frozenset(
    {
        *("name", "id_number", "phone", "birth_on", "sex", "relation", "education", "pupil", "school_stage"),
        *("labour_skill", "health", "disability_class", "disability_level", "relocated"),
    }
)
"""Fields of a person that the jobs service hears of."""
TOLD_OF_HOUSEHOLD = frozenset({"relocated", "relocation_site"})
"""Fields of a household that it hears of with each of its people, beside those that others hear of too."""
MOST = 500
"""Records in one event."""


async def tell_labour(
    session: WriteSession,
    vault: Vault,
    person_keys: Collection[str],
    lane: Lane = Lane.LIVE,
    since: Mapping[str, datetime] | None = None,
) -> None:
    """Tell of those of them who are old enough. `since`: for whom it is so since an earlier moment than now."""
    if not person_keys:
        return
    now: datetime = await (await raw(session)).fetchval("SELECT clock_timestamp()")
    found = await find.list_facts(session, person_keys, _born_to(local_date(now)))
    await emit(session, *_events(vault, found, now, since or {}), lane=lane)


def labour_changed(vault: Vault, found: Sequence[LabourFacts], now: datetime) -> Iterator[LabourChanged]:
    """What is told of those of them who are old enough: it is so since now. Sums: in a thread for thousands."""
    born_to = _born_to(local_date(now))
    return _events(vault, [one for one in found if one.birth_on <= born_to], now, {})


async def tell_labour_of(session: WriteSession, vault: Vault, household_id: UUID) -> None:
    """Tell of all who live in a household."""
    await tell_labour(session, vault, await find.list_keys_of(session, household_id))


async def tell_gone(session: WriteSession, person_key: str, household: Household) -> None:
    """An ID number was mended: nobody has the one before."""
    now: datetime = await (await raw(session)).fetchval("SELECT clock_timestamp()")
    record = {"person_key": person_key, "household_id": household.id, "changed_at": now}
    await emit(session, LabourChanged.model_validate({"people": [], "gone": [record]}))


async def tell_come_of_age(session: WriteSession, vault: Vault, now: datetime) -> int:
    """Tell of those who turned 15 since the last time, once a day; how many.

    The first time nobody is told: whoever is older by then is told by `services.cli announce households`.
    """
    today = local_date(now)
    last = await find.find_last_night(session)
    if last == today:
        return 0
    await find.note_night(session, today)
    if last is None:
        return 0
    keys = await find.list_born(session, _born_to(last), _born_to(today))
    for start in range(0, len(keys), MOST):
        await tell_labour(session, vault, keys[start : start + MOST], Lane.BULK)
    return len(keys)


def _born_to(day: date) -> date:
    """The last day of birth of those who are 15 on that day; who was born on 29 February, on 1 March."""
    if (day.month, day.day) == (2, 29):
        return day.replace(year=day.year - LABOUR_AGE, day=28)
    return day.replace(year=day.year - LABOUR_AGE)


def _events(
    vault: Vault, found: Sequence[LabourFacts], now: datetime, since: Mapping[str, datetime]
) -> Iterator[LabourChanged]:
    for start in range(0, len(found), MOST):
        part = found[start : start + MOST]
        names = vault.seal_many([one.name.encode() for one in part], NAME)
        facts = vault.seal_many([orjson.dumps(_facts(one)) for one in part], FACTS)
        sealed = zip(part, names, facts, strict=True)
        records = [_record(*each) | {"changed_at": since.get(each[0].person_key, now)} for each in sealed]
        yield LabourChanged.model_validate({"people": records})  # at once: a quarter of the time


def _facts(one: LabourFacts) -> dict[str, object]:
    facts: dict[str, object] = {"birth_on": one.birth_on.isoformat(), "health": one.health}
    if one.disability_class is not None:
        facts["disability_class"] = one.disability_class
    if one.disability_level is not None:
        facts["disability_level"] = one.disability_level
    return facts


def _record(one: LabourFacts, name: bytes, facts: bytes) -> dict[str, object]:
    """A `LabourRecord`, not checked yet."""
    return {
        "person_key": one.person_key,
        "household_id": one.household_id,
        "area_code": one.area_code,
        "active": one.active,
        "household_class": one.household_class,
        "relation": one.relation,
        "sex": one.sex,
        "education": one.education,
        "pupil": one.pupil,
        "school_stage": one.school_stage,
        "labour_skill": one.labour_skill,
        "relocated": one.relocated,
        "relocation_site": one.relocation_site,
        "grade": one.grade,
        "name_sealed": _text(name),
        "id_number_sealed": _text(one.id_number_sealed),
        "phone_sealed": _text(one.phone_sealed) if one.phone_sealed else None,
        "facts_sealed": _text(facts),
    }


def _text(sealed: bytes) -> str:
    return binascii.b2a_base64(sealed, newline=False).decode()

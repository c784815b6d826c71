"""People of the labour force."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, Select, select

from services.jobs.models import Person
from services.jobs.rules.refusals import PersonNotFound
from shared.areas import Scope
from shared.db.engine import ReadSession, WriteSession
from shared.db.filters import equal
from shared.db.pages import in_order
from shared.db.within import within
from shared.errors import existing
from shared.idnumber import IdNumber
from shared.security.vault import Vault


@dataclass(frozen=True, slots=True)
class PersonFilter:
    """What a list shall hold; None does not filter. `born_to`, `born_from`: days of birth, ends included."""

    household_id: UUID | None = None
    household_class: str | None = None
    relocated: bool | None = None
    grade: str | None = None
    born_from: date | None = None
    born_to: date | None = None

    def conditions(self) -> Iterator[ColumnElement[bool]]:
        """As SQL."""
        yield from equal(
            (Person.household_id, self.household_id),
            (Person.household_class, self.household_class),
            (Person.relocated, self.relocated),
            (Person.grade, self.grade),
        )
        if self.born_from is not None:
            yield Person.birth_on >= self.born_from
        if self.born_to is not None:
            yield Person.birth_on <= self.born_to


def _people(scope: Scope) -> Select[Person]:
    return select(Person).where(within(Person.area_code, scope))


async def list_people(
    session: ReadSession, scope: Scope, wanted: PersonFilter, after: tuple[str, UUID] | None, limit: int
) -> Sequence[Person]:
    """Those who live here, by area and id."""
    query = _people(scope).where(Person.active, *wanted.conditions())
    return list(await session.scalars(in_order(query, Person.area_code, Person.id, after=after, limit=limit)))


async def get_person(session: ReadSession, scope: Scope, person_id: UUID) -> Person:
    """One person, gone or not; raises `PersonNotFound`."""
    return existing((await session.scalars(_people(scope).where(Person.id == person_id))).one_or_none(), PersonNotFound)


async def lock_person(session: WriteSession, scope: Scope, person_id: UUID) -> Person:
    """The same, held until the commit."""
    query = _people(scope).where(Person.id == person_id).with_for_update(of=Person, key_share=True)
    return existing((await session.scalars(query)).one_or_none(), PersonNotFound)


async def find_person_by_id_number(
    session: ReadSession, scope: Scope, vault: Vault, id_number: IdNumber
) -> Person | None:
    """By the ID number."""
    return await find_person_by_key(session, scope, vault.person_key(id_number))


async def find_person_by_key(session: ReadSession, scope: Scope, person_key: str) -> Person | None:
    """By the keyed hash of the ID number."""
    return (await session.scalars(_people(scope).where(Person.person_key == person_key))).one_or_none()


async def list_by_ids(session: ReadSession, scope: Scope, person_ids: Collection[UUID]) -> dict[UUID, Person]:
    """Those of them that the asker may see, by id; for rows that name people."""
    if not person_ids:
        return {}
    return {one.id: one for one in await session.scalars(_people(scope).where(Person.id.in_(set(person_ids))))}


async def list_by_keys(session: ReadSession, scope: Scope, person_keys: Collection[str]) -> dict[str, Person]:
    """By the keyed hashes of ID numbers; for files."""
    if not person_keys:
        return {}
    query = _people(scope).where(Person.person_key.in_(set(person_keys)))
    return {one.person_key: one for one in await session.scalars(query)}


async def list_of_household(session: ReadSession, scope: Scope, household_id: UUID) -> Sequence[Person]:
    """Those of one household who live here, the oldest first."""
    query = _people(scope).where(Person.household_id == household_id, Person.active).order_by(Person.birth_on)
    return list(await session.scalars(query))

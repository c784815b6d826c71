"""Who reads an answer of jobs, and how its people are shown to them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Annotated, ClassVar

from fastapi import Depends

from services.jobs.codes import LISTS
from services.jobs.models import Person
from services.jobs.schemas.people import PersonBrief
from services.jobs.usecases.sealing import ID_NUMBER, NAME, PHONE
from shared.clock import age_on
from shared.http import readers
from shared.masking import mask_id_number, mask_name, mask_phone
from shared.security.principals import Principal


@dataclass(frozen=True, slots=True)
class Reader(readers.Reader):
    """Shows codes, people and sealed values to one reader."""

    lists: ClassVar = LISTS

    def name(self, person: Person) -> str:
        """A person's name."""
        name = self.vault.open(person.name_sealed, NAME).decode()
        return name if self.sees_people else mask_name(name)

    def id_number(self, person: Person) -> str:
        """The ID number, masked for all: in clear it is only revealed."""
        return mask_id_number(self.vault.open(person.id_number_sealed, ID_NUMBER).decode())

    def phone(self, person: Person) -> str | None:
        """The phone, masked."""
        return mask_phone(self.vault.open(person.phone_sealed, PHONE).decode()) if person.phone_sealed else None

    def person(self, person: Person, today: date) -> PersonBrief:
        """Who somebody is, for rows that name people."""
        return PersonBrief(
            id=person.id,
            name=self.name(person),
            id_number=self.id_number(person),
            phone=self.phone(person),
            sex=self.code("sex", person.sex),
            age=age_on(person.birth_on, today),
            household_id=person.household_id,
        )


ReaderOf = Annotated[Callable[[Principal], Reader], Depends(readers.reader_of(Reader))]

"""Who reads an answer, in which language, and what of people they see."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, overload

from fastapi import Depends

from services.jobs.api.permits import sees_people
from services.jobs.codes import LISTS
from services.jobs.models import Person
from services.jobs.schemas.people import AreaView, CodeView, PersonBrief
from services.jobs.usecases.sealing import ID_NUMBER, NAME, PHONE
from shared.areas import AreaCode, lineage
from shared.clock import age_on
from shared.http.context import Seals, Speaks, Texts
from shared.masking import mask_id_number, mask_name, mask_phone
from shared.messages import Catalogue, Language
from shared.security.principals import Principal
from shared.security.vault import Vault


@dataclass(frozen=True, slots=True)
class Reader:
    """Shows codes, names and sealed values to one reader."""

    who: Principal
    language: Language
    texts: Catalogue
    vault: Vault

    @property
    def sees_people(self) -> bool:
        """Whether names and free texts are for this reader."""
        return sees_people(self.who)

    def say(self, code: str, **params: Any) -> str:
        """A text of the catalogue."""
        return self.texts.text(code, self.language, **params)

    def code(self, list_name: str, code: str) -> str:
        """A code in words."""
        return LISTS[list_name].text(code, self.language)

    @overload
    def coded(self, list_name: str, code: str) -> CodeView: ...
    @overload
    def coded(self, list_name: str, code: str | None) -> CodeView | None: ...
    def coded(self, list_name: str, code: str | None) -> CodeView | None:
        """A code and what it means, where there is one."""
        return CodeView(code=code, text=self.code(list_name, code)) if code is not None else None

    def coded_all(self, list_name: str, codes: Sequence[str]) -> list[CodeView]:
        """Codes likewise."""
        return [self.coded(list_name, code) for code in codes]

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

    def text(self, sealed: bytes | None, purpose: str) -> str | None:
        """A sealed free text, for those who work with the household."""
        return self.vault.open(sealed, purpose).decode() if sealed and self.sees_people else None

    def area(self, code: str, names: dict[str, str]) -> AreaView:
        """An area with the names above it; a code without a name stands for itself."""
        return AreaView(code=AreaCode(code), names=[names.get(above, above) for above in lineage(code)])


async def _make_reader(language: Speaks, texts: Texts, vault: Seals) -> Callable[[Principal], Reader]:
    return lambda who: Reader(who, language, texts, vault)


ReaderOf = Annotated[Callable[[Principal], Reader], Depends(_make_reader)]

"""Who reads an answer, in which language, and what of people they see."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends

from services.households.api.permits import sees_people
from services.households.codes import LISTS
from services.households.schemas.register import AreaView
from shared.areas import AreaCode, lineage
from shared.http.context import Seals, Speaks, Texts
from shared.masking import mask_id_number, mask_name, mask_phone
from shared.messages import Catalogue, Language
from shared.security.principals import Principal
from shared.security.vault import CannotOpen, Vault


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

    def name(self, name: str) -> str:
        """A person's name."""
        return name if self.sees_people else mask_name(name)

    def id_number(self, sealed: bytes, purpose: str) -> str:
        """A sealed ID number, masked for all: in clear it is only revealed."""
        return mask_id_number(self.vault.open(sealed, purpose).decode())

    def phone(self, sealed: bytes | None, purpose: str) -> str | None:
        """A sealed phone, masked."""
        return mask_phone(self.vault.open(sealed, purpose).decode()) if sealed else None

    def text(self, sealed: bytes | None, purpose: str) -> str | None:
        """A sealed free text, for those who work with the household."""
        return self.vault.open(sealed, purpose).decode() if sealed and self.sees_people else None

    def record(self, sealed: bytes, purpose: str) -> dict[str, Any] | None:
        """A sealed record; None when it cannot be opened, for one damaged row must not hide a page."""
        try:
            return self.vault.open_json(sealed, purpose)
        except CannotOpen:
            return None

    def area(self, code: str, names: dict[str, str]) -> AreaView:
        """An area with the names above it; a code without a name stands for itself."""
        return AreaView(code=AreaCode(code), names=[names.get(above, above) for above in lineage(code)])


async def _make_reader(language: Speaks, texts: Texts, vault: Seals) -> Callable[[Principal], Reader]:
    return lambda who: Reader(who, language, texts, vault)


ReaderOf = Annotated[Callable[[Principal], Reader], Depends(_make_reader)]

"""Who reads an answer, in which language, and what of people they see. `api/reader.py` of a service adds how its own
people are shown."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, TypeVar, overload

from shared.areas import AreaCode, lineage
from shared.clock import CHINA
from shared.codes import CodeList
from shared.http.context import Seals, Speaks, Texts
from shared.http.fields import AreaView, CodeListView, CodeView
from shared.messages import Catalogue, Language
from shared.security.principals import Principal
from shared.security.vault import Vault


@dataclass(frozen=True, slots=True)
class Reader:
    """Shows codes, areas and sealed texts to one reader."""

    lists: ClassVar[Mapping[str, CodeList]] = {}  # of the service

    who: Principal
    language: Language
    texts: Catalogue
    vault: Vault

    @property
    def sees_people(self) -> bool:
        """Whether names and free texts are shown; the others recognise a person by surname and the masked number."""
        return self.who.works_with_people

    def say(self, code: str, **params: Any) -> str:
        """A text of the catalogue."""
        return self.texts.text(code, self.language, **params)

    def code(self, list_name: str, code: str) -> str:
        """A code in words."""
        return self.lists[list_name].text(code, self.language)

    def watermark(self, code: str, now: datetime, **which: Any) -> str:
        """Who takes what it stands in, in which role and when, as the text `code` says it; `which`: of several."""
        at = now.astimezone(CHINA).strftime("%Y-%m-%d %H:%M:%S")
        return self.say(code, account=self.who.id, role=self.say(f"role-{self.who.role}"), at=at, **which)

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

    def text(self, sealed: bytes | None, purpose: str) -> str | None:
        """A sealed free text, for those who work with the household."""
        return self.vault.open(sealed, purpose).decode() if sealed and self.sees_people else None

    def area(self, code: str, names: Mapping[str, str]) -> AreaView:
        """An area with the names above it; a code without a name stands for itself."""
        return AreaView(code=AreaCode(code), names=[names.get(above, above) for above in lineage(code)])


def code_lists(lists: Mapping[str, CodeList], language: Language) -> list[CodeListView]:
    """All lists of a service, each code with what it means."""
    return [
        CodeListView(
            name=one.name,
            standard=one.standard,
            codes=[CodeView(code=code, text=one.text(code, language)) for code in one.texts],
        )
        for one in lists.values()
    ]


R = TypeVar("R", bound=Reader)


def reader_of(kind: type[R]) -> Callable[[Language, Catalogue, Vault], Awaitable[Callable[[Principal], R]]]:
    """For `Depends`: what makes a service's reader of whoever asks."""

    async def make(language: Speaks, texts: Texts, vault: Seals) -> Callable[[Principal], R]:
        return lambda who: kind(who, language, texts, vault)

    return make

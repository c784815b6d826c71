"""The register as the national system's lists: in their columns and order, so that what is exported can be imported."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import polars as pl

from services.households.codes import LISTS as CODES
from services.households.models import Household, Member, MonitoringCase
from services.households.queries import list_export as queries
from services.households.rules.monitoring.states import CLOSED, IDENTIFIED
from services.households.rules.register import HEADS
from services.households.rules.register_imports import ListKind
from services.households.usecases.sealing import HOUSEHOLD_PHONE, ID_NUMBER, PERSON_PHONE
from services.households.workbook_lists import LISTS, NO, SAID, SHOWN_ID_TYPE, YES, ListColumn, WorkbookList
from shared.areas import AreaCode, Scope, level, parent
from shared.db.engine import Database, WriteSession
from shared.masking import mask_id_number, mask_name, mask_phone
from shared.projections.areas import find_names
from shared.security import audit
from shared.security.principals import Principal
from shared.security.vault import Vault
from shared.villages import LEVELS
from shared.workbook_stream import Sheet, Wait, stream_workbook, text_frame

PAGE = 500
"""Households read at a time: no transaction is open while somebody's slow line takes the rows before."""
_JOINED = "、"


@dataclass(frozen=True, slots=True)
class Living:
    """A household as it is exported: with its national case and the people who live in it."""

    household: Household
    case: MonitoringCase | None
    people: Sequence[Member]
    areas: Mapping[str, str]  # level → name
    net_per_head: Decimal | None  # yuan, of the last twelve months


"""Waits in a thread for what is awaited in the loop."""


@dataclass(frozen=True, slots=True)
class ListExport:
    """One export for one asker. `open`: whether ID numbers, phones and names stand in it in clear."""

    database: Database
    vault: Vault
    who: Principal
    scope: Scope
    kind: ListKind
    open: bool

    def pieces(self, watermark: str, wait: Wait) -> Iterator[bytes]:
        """The workbook, read while it is sent; call it in a thread. The watermark stands above the headings."""
        list_ = LISTS[self.kind]
        return stream_workbook([self._sheet(list_, watermark, wait)])

    def _sheet(self, list_: WorkbookList, watermark: str, wait: Wait) -> Sheet:
        width = len(list_.columns)

        def frames() -> Iterator[pl.DataFrame]:
            yield text_frame([[one.heading for one in list_.columns]], width)
            after = None
            while page := wait(self._page(after)):
                last = page[-1].household
                after = (last.area_code, last.id)
                yield text_frame([row for one in page for row in self._rows(list_, one)], width)

        return list_.title, [watermark, *[""] * (width - 1)], frames()

    async def _page(self, after: tuple[str, UUID] | None) -> list[Living]:
        async with self.database.read(self.who.scope) as session:
            rows = await queries.list_page(session, self.scope, after, PAGE)
            people = await queries.list_people(session, [household.id for household, _, _ in rows])
            codes = {code for household, _, _ in rows for code in _to_province(household.area_code)}
            names = await find_names(session, codes)
        return [Living(one, case, people.get(one.id, ()), _names(one.area_code, names), net) for one, case, net in rows]

    def _rows(self, list_: WorkbookList, one: Living) -> Iterator[list[str | None]]:
        for person in one.people if list_.kind == "person-list" else [None]:
            yield [self._text(column, one, person) for column in list_.columns]

    def _text(self, column: ListColumn, one: Living, person: Member | None) -> str | None:
        value = self._value(column, one, person)
        if value is None or value == [] or value == ():
            return None
        if column.codes is not None:
            codes = CODES[column.codes]
            many = value if isinstance(value, list | tuple) else [value]
            return _JOINED.join(codes.text(code, "zh") for code in many)
        if isinstance(value, bool):
            said = SAID.get(column.field)
            return next(word for word, meant in said.items() if meant is value) if said else YES if value else NO
        return _plain(value)

    def _value(self, column: ListColumn, one: Living, person: Member | None) -> Any:
        match column.part:
            case "area":
                return one.areas.get(column.name)
            case "household":
                return self._of_household(column.name, one.household)
            case "member":
                return self._of_person(column.name, person)
            case "case":
                return _of_case(column.name, one.case)
            case "check":
                return self._checked(column.name, one)
        return one.net_per_head  # shown.net_per_head, the one column that is worked out

    def _of_household(self, name: str, household: Household) -> Any:
        if name == "phone":
            return self._phone(household.phone_sealed, HOUSEHOLD_PHONE)
        if name == "unsafe_housing":
            return None if household.safe_housing is None else not household.safe_housing
        if name == "address" and not self.open:
            return None
        return getattr(household, name)

    def _of_person(self, name: str, person: Member | None) -> Any:
        if person is None:
            return None
        match name:
            case "name":
                return person.name if self.open else mask_name(person.name)
            case "id_number":
                return self._id_number(person)
            case "phone":
                return self._phone(person.phone_sealed, PERSON_PHONE)
        return getattr(person, name) if self.open or name not in _WITHHELD else None

    def _checked(self, name: str, one: Living) -> Any:
        head = next((person for person in one.people if person.relation in HEADS), None)
        match name:
            case "people":
                return len(one.people)
            case "id_type":
                return SHOWN_ID_TYPE
            case "head_name":
                return self._of_person("name", head)
            case "head_id_number":
                return self._of_person("id_number", head)
        return None

    def _id_number(self, person: Member) -> str:
        number = self.vault.open(person.id_number_sealed, ID_NUMBER).decode()
        return number if self.open else mask_id_number(number)

    def _phone(self, sealed: bytes | None, purpose: str) -> str | None:
        if sealed is None:
            return None
        phone = self.vault.open(sealed, purpose).decode()
        return phone if self.open else mask_phone(phone)


async def begin_export(session: WriteSession, export_id: UUID, export: ListExport) -> None:
    """Put on record who takes how much of the register with them, before the first row leaves."""
    households, people = await queries.count_people(session, export.scope)
    await audit.record(
        session,
        export.who,
        "register-export:read",
        export_id,
        kind=export.kind,
        areas=export.scope.serialise(),
        households=households,
        members=people,
        in_clear=export.open,
    )


_WITHHELD = frozenset({"health", "ethnic_group", "political_status", "work_area"})


def _of_case(name: str, case: MonitoringCase | None) -> Any:
    if case is None or case.state not in (*IDENTIFIED, *CLOSED):
        return None
    match name:
        case "class":
            return case.monitoring_class
        case "risks":
            return [case.main_risk, *[one for one in case.risks if one != case.main_risk]] if case.main_risk else []
        case "eliminated":
            return case.state in CLOSED
    return getattr(case, name)


def _to_province(code: str) -> list[AreaCode]:
    """The area and all it lies in, up to the province."""
    found, above = [AreaCode(code)], parent(AreaCode(code))
    while above is not None:
        found.append(above)
        above = parent(above)
    return found


def _names(area_code: str, names: Mapping[str, str]) -> dict[str, str]:
    """By level, from the province down."""
    found = {level(AreaCode(code)).value: names[code] for code in _to_province(area_code) if code in names}
    return {place: found[place] for place in LEVELS if place in found}


def _plain(value: Any) -> str:
    match value:
        case Decimal():
            return f"{value.normalize():f}"
        case date():
            return value.isoformat()
    return str(value)

"""People of the labour force (劳动力): a copy of the register, read only."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.responses import Response

from services.jobs.api.permits import ReadCode, ReadPerson, RevealPerson, SearchPerson
from services.jobs.api.reader import Reader, ReaderOf
from services.jobs.codes import LISTS
from services.jobs.models import Person
from services.jobs.queries import people as find
from services.jobs.queries.people import PersonFilter
from services.jobs.rules.refusals import BirthNotShown
from services.jobs.schemas import people as schemas
from services.jobs.schemas.fields import Grade, HouseholdClass
from services.jobs.usecases import revealing
from shared.clock import local_date, utc_now
from shared.db.engine import ReadSession
from shared.http.answers import json_answer
from shared.http.context import Db, Seals, Speaks
from shared.http.cursors import area_cursor
from shared.http.fields import CodeListView
from shared.http.pages import After, Below, Limit, Page, cut, encode_cursor
from shared.http.readers import code_lists
from shared.projections.areas import find_names_above
from shared.security import audit

router = APIRouter(prefix="/v1", tags=["Labour force · 劳动力"])


@router.get("/codes", summary="Code lists · 代码表")
async def list_codes(who: ReadCode, language: Speaks) -> list[CodeListView]:
    """Every code that may be entered, with what it means and the standard behind it."""
    del who
    return code_lists(LISTS, language)


@router.get("/people", summary="People of the labour force · 劳动力列表")
async def list_people(
    who: ReadPerson,
    db: Db,
    reader_of: ReaderOf,
    area: Below = None,
    household: Annotated[UUID | None, Query(description="Of one household · 农户")] = None,
    household_class: Annotated[HouseholdClass | None, Query(alias="class")] = None,
    relocated: Annotated[bool | None, Query(description="Of relocated households, or not · 易地搬迁")] = None,
    grade: Annotated[Grade | None, Query()] = None,
    born_from: Annotated[date | None, Query(description="Born on that day or later · 出生日期起")] = None,
    born_to: Annotated[date | None, Query(description="Born on that day or before · 出生日期止")] = None,
    after: After = None,
    limit: Limit = 50,
) -> Page[schemas.PersonView]:
    """People of 15 and older who live within the caller's areas, by village. 403 `birth-not-shown`: a supervisor asked
    by day of birth."""
    reader = reader_of(who)
    if not reader.sees_people and (born_from or born_to):
        raise BirthNotShown(field="born_from" if born_from else "born_to")
    wanted = PersonFilter(household, household_class, relocated, grade, born_from, born_to)
    start = area_cursor(after)
    async with db.read(who.scope) as session:
        rows = await find.list_people(session, who.scope.within(area), wanted, start, limit + 1)
        page, last = cut(rows, limit)
        items = await person_views(session, page, reader)
    return Page(items=items, next=encode_cursor(last.area_code, last.id) if last else None)


@router.post("/people/search", response_model=list[schemas.PersonView], summary="Find by ID number · 按证件号码查询")
async def search_people(
    draft: schemas.PersonSearch, who: SearchPerson, db: Db, vault: Seals, reader_of: ReaderOf
) -> list[schemas.PersonView]:
    """The person with that number within the caller's areas, or nobody. Every search is in the audit trail."""
    async with db.write(who.scope) as session:
        found = await find.find_person_by_id_number(session, who.scope, vault, draft.id_number)
        await audit.record(session, who, "person:search", "person", found=int(found is not None))
        return await person_views(session, [found] if found else [], reader_of(who))


@router.get("/people/{person_id}", response_model=schemas.PersonView, summary="One person · 劳动力详情")
async def get_person(person_id: UUID, who: ReadPerson, db: Db, reader_of: ReaderOf) -> Response:
    """As the register tells of them; gone people too."""
    async with db.read(who.scope) as session:
        person = await find.get_person(session, who.scope, person_id)
        [view] = await person_views(session, [person], reader_of(who))
    return json_answer(view)


@router.post("/people/{person_id}/reveal", response_model=schemas.Revealed, summary="In clear · 查看完整信息")
async def reveal_person(
    person_id: UUID, draft: schemas.RevealDraft, who: RevealPerson, db: Db, vault: Seals
) -> Response:
    """ID number and phone in clear, to call somebody or put them on a list. The reason is in the audit trail."""
    async with db.write(who.scope) as session:
        id_number, phone = await revealing.reveal_person(session, vault, who, person_id, draft.reason)
    return json_answer(schemas.Revealed(id_number=id_number, phone=phone))


async def person_views(session: ReadSession, rows: Sequence[Person], reader: Reader) -> list[schemas.PersonView]:
    """People with the names of their areas."""
    names = await find_names_above(session, {row.area_code for row in rows})
    today = local_date(utc_now())
    return [_view(row, reader, names, today) for row in rows]


def _view(row: Person, reader: Reader, names: dict[str, str], today: date) -> schemas.PersonView:
    def said(list_name: str, code: str | int | None) -> str | None:
        return reader.code(list_name, str(code)) if code is not None else None

    return schemas.PersonView(
        **dict(reader.person(row, today)),
        area=reader.area(row.area_code, names),
        active=row.active,
        household_class=reader.code("household_class", row.household_class),
        relation=reader.code("relation", row.relation),
        birth_on=row.birth_on if reader.sees_people else None,  # it is the hidden part of the ID number
        education=said("education", row.education),
        pupil=row.pupil,
        school_stage=said("school_stage", row.school_stage),
        labour_skill=said("labour_skill", row.labour_skill),
        health=[reader.code("health", one) for one in row.health],
        disability_class=said("disability_class", row.disability_class),
        disability_level=said("disability_level", row.disability_level),
        relocated=row.relocated,
        relocation_site=row.relocation_site,
        grade=row.grade,
        changed_at=row.changed_at,
    )

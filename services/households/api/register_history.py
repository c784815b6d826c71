"""The history of a household (变更记录)."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter

from services.households.api.permits import ReadHistory
from services.households.api.reader import Reader, ReaderOf
from services.households.api.register_words import field_text, value_text
from services.households.models import RegisterChange
from services.households.queries.register import get_household
from services.households.queries.register_history import list_changes
from services.households.schemas.regrouping import ChangeView, FieldChange
from services.households.usecases.history import CHANGE
from shared.http.context import Db
from shared.http.pages import After, Limit, Page, cut, decode_id_cursor, encode_cursor
from shared.masking import mask_id_number, mask_phone

router = APIRouter(prefix="/v1/households", tags=["Register · 农户档案"])

_MASKS = {"id_number": mask_id_number, "phone": mask_phone}


@router.get("/{household_id}/history", summary="Its history · 变更记录")
async def list_history(
    household_id: UUID, who: ReadHistory, db: Db, reader_of: ReaderOf, after: After = None, limit: Limit = 50
) -> Page[ChangeView]:
    """Every change of the household and of its people, newest first: who, when, what from and to, by what, and why."""
    async with db.read(who.scope) as session:
        await get_household(session, who.scope, household_id)
        rows = await list_changes(session, who.scope, household_id, before=decode_id_cursor(after), limit=limit + 1)
    page, last = cut(rows, limit)
    return Page(
        items=[_view(one, reader_of(who)) for one in page],
        next=encode_cursor(last.id) if last else None,
    )


def _view(change: RegisterChange, reader: Reader) -> ChangeView:
    sealed = (reader.record(change.sealed, CHANGE) or {}) if change.sealed else {}
    person = sealed.get("person")
    values = {**(change.detail or {}), **(sealed.get("fields", {}) if reader.sees_people else {})}
    return ChangeView(
        id=change.id,
        at=change.at,
        by=change.by,
        what=change.what,
        what_text=reader.code("change_what", change.what),
        source=change.source,
        source_text=reader.code("change_source", change.source),
        act_id=change.act_id,
        member_id=change.member_id,
        member_name=reader.name(person) if person else None,
        fields=[_field(change, name, values.get(name), reader) for name in change.fields],
        why=sealed.get("why") if reader.sees_people else None,
    )


def _field(change: RegisterChange, name: str, values: list[Any] | None, reader: Reader) -> FieldChange:
    """From and to; ID numbers and phones are masked for all."""
    mask = _MASKS.get(name)
    before, after = (mask(one) if mask and one else one for one in values or (None, None))
    return FieldChange(
        field=name,
        field_text=field_text("member" if change.member_id else "household", name, reader),
        before=before,
        before_text=value_text(name, before, reader),
        after=after,
        after_text=value_text(name, after, reader),
    )

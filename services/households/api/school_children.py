"""The three ledgers (三本台账) and the board of school dropouts (控辍保学看板)."""

from typing import Annotated

from fastapi import APIRouter, Query

from services.households.api import dropout_views as views
from services.households.api.permits import ReadDropout, ReadSchoolChild
from services.households.api.reader import ReaderOf
from services.households.queries.dropout_board import count_board
from services.households.queries.school_children import Ledger
from services.households.schemas import school_children as schemas
from services.households.usecases import school_children as usecases
from services.households.usecases.school_children import Question
from shared.clock import local_date, utc_now
from shared.http.context import Db, Seals
from shared.http.pages import After, Below, Limit, Page, cut, decode_id_cursor, encode_cursor
from shared.security import audit

router = APIRouter(prefix="/v1", tags=["School dropouts · 控辍保学"])
OfLedger = Annotated[Ledger, Query(description="School age, suspected, dropped out · 台账")]
OfArea = Below
OfTerm = Annotated[
    str | None, Query(max_length=10, description="Told or found in that term; of age at its beginning · 学期")
]


@router.get("/school-children", summary="Ledgers of school children · 控辍保学台账")
async def list_school_children(
    who: ReadSchoolChild,
    db: Db,
    vault: Seals,
    reader_of: ReaderOf,
    ledger: OfLedger = "suspected",
    area: OfArea = None,
    school: Annotated[str | None, Query(max_length=200, description="School, as told last · 学校")] = None,
    term: OfTerm = None,
    after: After = None,
    limit: Limit = 50,
) -> Page[schemas.SchoolChild]:
    """Built from register, alerts and cases; nobody types them. Suspected and dropped out never hold the same child.

    They are children: who looked at how many is on record.
    """
    now = utc_now()
    question = Question(ledger, who.scope.within(area), term)
    async with db.write(who.scope) as session:
        found = await usecases.list_pupils(session, vault, question, school, decode_id_cursor(after), limit + 1, now)
        page, last = cut(found, limit)
        items = await views.children(session, page, reader_of(who), local_date(now))
        await audit.record(session, who, "school-child:read", "school-children", ledger=ledger, found=len(page))
    return Page(items=items, next=encode_cursor(last.child.member.id) if last else None)


@router.get("/school-children/counts", summary="Sums of a ledger · 台账统计")
async def count_school_children(
    who: ReadSchoolChild,
    db: Db,
    vault: Seals,
    reader_of: ReaderOf,
    ledger: OfLedger = "suspected",
    area: OfArea = None,
    term: OfTerm = None,
) -> schemas.LedgerCountsView:
    """By township, school and term; each of the three adds up to the total."""
    question = Question(ledger, who.scope.within(area), term)
    async with db.read(who.scope) as session:
        counts = await usecases.count_pupils(session, vault, question, utc_now())
        return await views.ledger_counts(session, ledger, counts, reader_of(who))


@router.get("/dropout-board", summary="Board of school dropouts · 控辍保学看板")
async def get_dropout_board(
    who: ReadDropout,
    db: Db,
    area: OfArea = None,
    term: Annotated[str | None, Query(max_length=10, description="Found in that term · 发现学期")] = None,
) -> schemas.BoardView:
    """Found, in persuasion, back, stable, absent again, at which legal step: all, per township, school and term.

    Counted from the cases, each once; `drill` leads to the names.
    """
    async with db.read(who.scope) as session:
        lines = await count_board(session, who.scope.within(area), term)
        return await views.board(session, lines, area, term)

"""How the grades moved from month to month, and what other rules would do."""

from collections import Counter
from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from services.households.api.grade_views import (
    Teller,
    balance_views,
    change_view,
    kinds_in_words,
    reason_views,
    trial_view,
)
from services.households.api.permits import ReadGrade, TryGrades
from services.households.api.reader import Reader, ReaderOf
from services.households.queries import grades as find
from services.households.queries.cases import find_heads
from services.households.queries.grades import MovementFilter
from services.households.rules.grade_movement import Balance, Kind, balances, months_between, next_month
from services.households.rules.grading import Rules
from services.households.schemas import grades as schemas
from services.households.usecases.grade_rules import GradeRuleSets
from services.households.usecases.grade_trials import Mover, list_movers, try_rules
from shared.areas import Scope
from shared.clock import local_date, utc_now
from shared.contracts.grade_policies import Grade
from shared.db.engine import ReadSession
from shared.http.context import Db
from shared.http.cursors import area_cursor, moment_cursor
from shared.http.fields import MonthText
from shared.http.pages import After, Below, Limit, Page, cut, encode_cursor
from shared.ids import new_id
from shared.projections.areas import find_names_above

router = APIRouter(prefix="/v1", tags=["Grades · 红黄绿分级"])

Area = Below


@router.get("/grade-movements", summary="Movement by month · 升降级分解")
async def show_movement(
    who: ReadGrade,
    db: Db,
    reader_of: ReaderOf,
    first: Annotated[MonthText, Query(alias="from")],
    last: Annotated[MonthText, Query(alias="to")],
    area: Area = None,
) -> schemas.GradeMovement:
    """For each month and grade: opening + ins - outs = closing, the ins and outs by cause. At most 36 months.

    Whoever changes twice in a month is counted twice. `balanced` compares the closing with what was kept, or stands.
    """
    today = local_date(utc_now())
    months = months_between(_month(first), _month(last), today)
    scope = who.scope.within(area)
    async with db.read(who.scope) as session:
        stood = await find.count_stood(session, scope, months[0])
        moved = await find.count_moves(session, scope, months[0], months[-1])
        shown, opening = [], stood
        for month in months:
            of_month = balances(opening, moved.get(month, []))
            opening = {one.grade: one.closing for one in of_month}
            shown.append(
                schemas.MonthMovement(
                    month=f"{month:%Y-%m}",
                    grades=balance_views(of_month),
                    balanced=await _balanced(session, scope, month, of_month, today),
                )
            )
    everything = [one for listed in moved.values() for one in listed]
    return schemas.GradeMovement(
        months=shown,
        total=balance_views(balances(stood, everything)),
        kinds=kinds_in_words(reader_of(who)),
    )


async def _balanced(session: ReadSession, scope: Scope, month: date, found: list[Balance], today: date) -> bool:
    following = next_month(month)
    kept = await (find.count_now(session, scope) if following > today else find.count_stood(session, scope, following))
    return Counter({one.grade: one.closing for one in found}) == Counter(kept)


@router.get("/grade-movements/households", summary="Households behind it · 变动明细")
async def list_moved_households(
    who: ReadGrade,
    db: Db,
    reader_of: ReaderOf,
    month: Annotated[MonthText, Query()],
    kind: Annotated[Kind | None, Query(description="Cause · 原因")] = None,
    before: Annotated[Grade | None, Query(description="Out of this grade · 原等级")] = None,
    to: Annotated[Grade | None, Query(description="Into this grade · 现等级")] = None,
    area: Area = None,
    after: After = None,
    limit: Limit = 50,
) -> Page[schemas.MovedHousehold]:
    """Each change of a month, one by one, in the order in which they came."""
    start = moment_cursor(after)
    wanted = MovementFilter(_month(month), kind, before, to)
    reader = reader_of(who)
    async with db.read(who.scope) as session:
        rows = await find.list_moves(session, who.scope.within(area), wanted, start, limit + 1)
        page, last = cut(rows, limit)
        heads = await find_heads(session, who.scope, {one.id for _, one in page if one is not None})
        overrides = await find.find_override(session, [one.override_id for one, _ in page if one.override_id])
        teller = Teller(reader, await GradeRuleSets.load(session, local_date(utc_now())))
        items = [
            schemas.MovedHousehold(
                household_id=change.household_id,
                head_name=_head(heads, change.household_id, reader),
                change=change_view(change, overrides, teller),
            )
            for change, _ in page
        ]
    return Page(items=items, next=encode_cursor(last[0].at, last[0].id) if last else None)


@router.post("/grade-trials", summary="Try rules · 试算分级规则")
async def try_grade_rules(
    body: schemas.TrialRequest, who: TryGrades, db: Db, reader_of: ReaderOf
) -> schemas.GradeTrialView:
    """How many households of the area would move, from where to where, if the rules were published today.

    Over today's facts; nothing is kept. 422 with the place of every mistake in the conditions, as at publication.
    """
    trial = await try_rules(db, who, body.rules, body.area, local_date(utc_now()))
    digits = 9 if body.by == "township" else 12
    async with db.read(who.scope) as session:
        names = await find_names_above(session, (code for code, _, _ in trial.moves))
    return trial_view(trial, digits, names, reader_of(who))


@router.post("/grade-trials/households", summary="Who would move · 试算变动明细")
async def list_trial_households(
    body: schemas.TrialBody, who: TryGrades, db: Db, reader_of: ReaderOf, after: After = None, limit: Limit = 50
) -> Page[schemas.TrialHousehold]:
    """The households of a trial, village by village, with what the draft says of each."""
    start = area_cursor(after)
    found = await list_movers(db, who, body.rules, body.area, local_date(utc_now()), start, limit + 1)
    page, last = cut(found, limit)
    reader = reader_of(who)
    draft = Rules.of(new_id(), 0, body.rules)
    async with db.read(who.scope) as session:
        heads = await find_heads(session, who.scope, {one.household_id for one in page})
        names = await find_names_above(session, (one.area_code for one in page))
        teller = Teller(reader, await GradeRuleSets.load(session, local_date(utc_now())))
    items = [_mover(one, draft, heads, names, teller) for one in page]
    return Page(items=items, next=encode_cursor(last.area_code, last.household_id) if last else None)


def _mover(
    mover: Mover, draft: Rules, heads: dict[UUID, str], names: dict[str, str], teller: Teller
) -> schemas.TrialHousehold:
    reasons = reason_views(draft, mover.reasons, teller.reader)
    return schemas.TrialHousehold(
        household_id=mover.household_id,
        head_name=_head(heads, mover.household_id, teller.reader),
        area=teller.reader.area(mover.area_code, names),
        before=mover.before,
        after=mover.after,
        text=teller.sentence(mover.after, reasons) if mover.after is not None else None,
        reasons=reasons,
    )


def _head(heads: dict[UUID, str], household_id: UUID, reader: Reader) -> str | None:
    return reader.name(heads[household_id]) if household_id in heads else None


def _month(text: str) -> date:
    return date.fromisoformat(f"{text}-01")

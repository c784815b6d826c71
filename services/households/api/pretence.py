"""What looks like pretence (形式主义线索): read by those above and by the village itself, which can answer."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.responses import Response

from services.households.api.permits import AnswerPretence, ReadPretence
from services.households.api.reader import ReaderOf
from services.households.api.visit_views import pretence_view
from services.households.queries import pretence as find
from services.households.schemas.pretence import PretenceAnswer, PretenceView
from services.households.usecases.pretence import answer_finding
from shared.clock import utc_now
from shared.contracts.pretence import PretenceKind
from shared.http.answers import json_answer
from shared.http.context import Db, Seals
from shared.http.pages import After, Below, Limit, Page, cut, decode_id_cursor, encode_cursor
from shared.projections.areas import find_names_above

router = APIRouter(prefix="/v1/pretence-findings", tags=["Visits · 入户走访"])


@router.get("", summary="What looks like pretence · 形式主义线索")
async def list_pretence_findings(
    who: ReadPretence,
    db: Db,
    reader_of: ReaderOf,
    area: Below = None,
    kind: Annotated[PretenceKind | None, Query(description="Found by that rule · 类别")] = None,
    answered: Annotated[bool | None, Query(description="With an answer, or without · 是否已说明")] = None,
    after: After = None,
    limit: Limit = 50,
) -> Page[PretenceView]:
    """Questions about visits and lists, newest first, each with its reason and the limits of the policy behind it.

    A village sees its own. Nobody is ranked by them, and none of them stops any work.
    """
    scope = who.scope.within(area)
    async with db.read(who.scope) as session:
        rows = await find.list_findings(session, scope, kind, answered, decode_id_cursor(after), limit + 1)
        page, last = cut(rows, limit)
        names = await find_names_above(session, (row.area_code for row in page))
    items = [pretence_view(row, names, reader_of(who)) for row in page]
    return Page(items=items, next=encode_cursor(last.id) if last else None)


@router.post("/{finding_id}/answer", response_model=PretenceView, summary="Answer it · 说明情况")
async def answer_pretence_finding(
    finding_id: UUID, draft: PretenceAnswer, who: AnswerPretence, db: Db, vault: Seals, reader_of: ReaderOf
) -> Response:
    """What was behind it, said once; the same again changes nothing, 409 for another answer."""
    async with db.write(who.scope) as session:
        finding = await answer_finding(session, vault, who, finding_id, draft.answer, draft.text, utc_now())
        names = await find_names_above(session, [finding.area_code])
        return json_answer(pretence_view(finding, names, reader_of(who)))

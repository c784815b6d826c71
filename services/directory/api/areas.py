"""Areas over HTTP. Whoever is signed in may read them all: they are public."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from services.directory.api.permits import ReadAreas, WriteAreas
from services.directory.queries import areas as queries
from services.directory.rules.areas import Node, nest
from services.directory.schemas.areas import AreaChange, AreaOut, AreaTree, ImportOut
from services.directory.schemas.fields import AreaText
from services.directory.usecases import areas as usecases
from shared.areas import Level, normalise
from shared.db.engine import WriteSession
from shared.http.answers import json_answer
from shared.http.context import Db
from shared.http.cursors import text_cursor
from shared.http.idempotency import OptionalRequestKey, once
from shared.http.pages import After, Limit, Page, cut, encode_cursor

router = APIRouter(prefix="/v1/areas", tags=["Areas · 行政区划"])

MAX_FILE = 5_000_000
_CSV = {"requestBody": {"required": True, "content": {"text/csv": {"schema": {"type": "string"}}}}}


@router.get("", summary="Areas · 行政区划列表")
async def list_areas(
    who: ReadAreas,
    db: Db,
    q: Annotated[str | None, Query(max_length=100, description="A part of the name · 名称包含")] = None,
    parent: AreaText | None = None,
    level: Level | None = None,
    after: After = None,
    limit: Limit = 50,
) -> Page[AreaOut]:
    """In the order of their codes, closed ones too."""
    start = text_cursor(after)
    async with db.read(who.scope) as session:
        rows = await queries.list_areas(session, name=q, parent=parent, level=level, after=start, limit=limit + 1)
    page, last = cut(rows, limit)
    return Page(items=[AreaOut.of(area) for area in page], next=encode_cursor(last.code) if last else None)


@router.get("/{code}", summary="One area · 行政区划")
async def read_area(code: AreaText, who: ReadAreas, db: Db) -> AreaOut:
    """By its code."""
    async with db.read(who.scope) as session:
        return AreaOut.of(await queries.get_area(session, code))


@router.get("/{code}/tree", summary="An area and all below it · 行政区划树")
async def read_tree(code: AreaText, who: ReadAreas, db: Db) -> AreaTree:
    """Nested, in the order of the codes."""
    async with db.read(who.scope) as session:
        await queries.get_area(session, code)
        areas = await queries.list_below(session, normalise(code))
    root, *_ = nest([Node(area.code, area.name, area.level, area.active, []) for area in areas])
    return AreaTree.of(root)


@router.post(
    "/imports",
    summary="Import areas · 导入行政区划",
    max_body_size=MAX_FILE,
    response_model=ImportOut,
    openapi_extra=_CSV,
)
async def import_areas(
    who: WriteAreas,
    request: Request,
    db: Db,
    key: OptionalRequestKey,
    dry_run: Annotated[bool, Query(description="Only say what would happen · 仅校验")] = False,
) -> Response:
    """A CSV file (UTF-8 or GB 18030) with the columns `code,name[,active]` (代码, 名称, 启用): all rows, or none.

    Each mistake is told with its line: `errors[].field` is `<line>.<column>`. Areas not in the file stay.
    """
    content = await request.body()

    async def work(session: WriteSession) -> Response:
        report = await usecases.import_areas(session, who, content, dry_run=dry_run)
        return json_answer(
            ImportOut(
                rows=report.rows,
                added=report.added,
                changed=report.changed,
                unchanged=report.unchanged,
                dry_run=dry_run,
            )
        )

    return await once(db, who, key, work)


@router.patch("/{code}", summary="Rename or close an area · 更名或停用")
async def change_area(code: AreaText, change: AreaChange, who: WriteAreas, db: Db) -> AreaOut:
    """Everything that points at the code goes on pointing at it."""
    async with db.write(who.scope) as session:
        area = await usecases.change_area(session, who, code, name=change.name, active=change.active)
        return AreaOut.of(area)

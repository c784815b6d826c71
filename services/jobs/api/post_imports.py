"""Files of posts (岗位批量导入)."""

import asyncio
import io
import tomllib
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from services.jobs.api.permits import ImportPost
from services.jobs.codes import LISTS
from services.jobs.rules.post_import import ImportedPost, read_row
from services.jobs.rules.post_refusals import PostFileTooLong
from services.jobs.schemas.posts import PostImportReport, PostRowProblem
from services.jobs.usecases.post_import import PostImport
from shared.clock import local_date, utc_now
from shared.errors import Fault
from shared.http.answers import json_answer
from shared.http.context import Db, Speaks, Texts
from shared.messages import Catalogue, Language
from shared.tables import Column, Kind, open_table

router = APIRouter(prefix="/v1/posts", tags=["Posts · 岗位"])

MAX_BYTES = 32_000_000
MOST_ERRORS = 1000
MOST_ROWS = 50_000
_FILE: dict[str, dict[str, list[str]]] = tomllib.loads(
    Path(__file__).parents[1].joinpath("post_columns.toml").read_text(encoding="utf-8")
)
_COLUMNS, _WORDS = _FILE["columns"], _FILE["words"]
_KINDS: dict[str, Kind] = {
    **dict.fromkeys(("openings", "age_low", "age_high"), "integer"),
    **dict.fromkeys(("pay_low", "pay_high"), "number"),
    **dict.fromkeys(("lodging", "hazardous"), "boolean"),
    "until_on": "date",
}
_REQUIRED = {"employer", "ref", "title", "trade", "place", "openings", "pay_low"}
_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "text/csv": {"schema": {"type": "string"}},
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": {
                "schema": {"type": "string", "format": "binary"}
            },
        },
    }
}


@dataclass(slots=True)
class _PostTable:
    rows: list[ImportedPost] = field(default_factory=list)
    faults: list[tuple[int, Fault]] = field(default_factory=list)


@router.post(
    "/imports",
    response_model=PostImportReport,
    summary="Import posts · 批量导入岗位",
    max_body_size=MAX_BYTES,
    openapi_extra=_BODY,
)
async def import_posts(
    request: Request,
    who: ImportPost,
    db: Db,
    texts: Texts,
    language: Speaks,
    dry_run: Annotated[bool, Query(description="Tell what would happen, change nothing · 试运行")] = False,
) -> Response:
    """One row a post, found again by the employer and its own number (岗位编号). CSV, XLSX or XLS, Chinese or English
    headings. A row with a mistake, or with a bar that has no ground in law, is left out and told; the others are kept.
    The same file again changes nothing. An employer that is not registered is entered.
    """
    now = utc_now()
    table = await asyncio.to_thread(_read, await request.body(), local_date(now))
    job = PostImport(who, now, dry_run)
    async with db.write(who.scope) as session:
        await job.take(session, table.rows)
    faults = sorted([*table.faults, *job.faults], key=lambda one: one[0])
    return json_answer(
        PostImportReport(
            dry_run=dry_run,
            added=job.outcomes["added"],
            changed=job.outcomes["changed"],
            unchanged=job.outcomes["unchanged"],
            new_employers=job.new_employers,
            failed=len({row for row, _ in faults}),
            errors=[_problem(row, fault, texts, language) for row, fault in faults[:MOST_ERRORS]],
            error_count=len(faults),
        )
    )


def _read(body: bytes, today: date) -> _PostTable:
    """All rows. Raises `TableInvalid` where the file as a whole is none, `PostFileTooLong`. CPU work."""
    columns = [
        Column(name, tuple(headers), _KINDS.get(name, "text"), name in _REQUIRED) for name, headers in _COLUMNS.items()
    ]
    table = _PostTable()
    for frame in open_table(io.BytesIO(body), "", columns, today=today).frames():
        faults = frame.faults.select("row", "field", "code").iter_rows()
        table.faults += [(row, Fault(name, code)) for row, name, code in faults]
        for cells in frame.good.iter_rows(named=True):
            read = read_row(cells, LISTS, _WORDS)
            if isinstance(read, list):
                table.faults += [(cells["row"], fault) for fault in read]
            else:
                table.rows.append(read)
        if len(table.rows) + len(table.faults) > MOST_ROWS:
            raise PostFileTooLong(max_rows=MOST_ROWS)
    return table


def _problem(row: int, fault: Fault, texts: Catalogue, language: Language) -> PostRowProblem:
    message = texts.text(fault.code, language, **fault.params)
    return PostRowProblem(row=row, field=fault.field, code=fault.code, message=message)

"""Files of posts (岗位批量导入)."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from services.jobs.api.permits import ImportPost
from services.jobs.schemas.posts import PostImportReport
from services.jobs.usecases.post_imports import PostImport
from services.jobs.usecases.post_reading import MOST_ROWS, POST_COLUMNS, read_posts
from shared.clock import local_date, utc_now
from shared.http.answers import json_answer
from shared.http.bodies import TABLE, table_of
from shared.http.context import Db, Speaks, Texts
from shared.http.problems import row_problem
from shared.tables.whole import read_whole

router = APIRouter(prefix="/v1/posts", tags=["Posts · 岗位"])

MAX_BYTES = 32_000_000
MOST_ERRORS = 1000


@router.post(
    "/imports",
    response_model=PostImportReport,
    summary="Import posts · 批量导入岗位",
    max_body_size=MAX_BYTES,
    openapi_extra=TABLE,
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
    sent = await read_whole(await table_of(request), POST_COLUMNS, local_date(now), MOST_ROWS)
    table = await asyncio.to_thread(read_posts, sent)
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
            new_employers=len(job.new_employers),
            failed=len({row for row, _ in faults}),
            errors=[row_problem(texts, language, row, fault) for row, fault in faults[:MOST_ERRORS]],
            error_count=len(faults),
        )
    )

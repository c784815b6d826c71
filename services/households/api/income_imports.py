"""Files of income lines (收支批量导入)."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from services.households.api.income_reading import INCOME_COLUMNS, MOST_ROWS, read_lines
from services.households.api.permits import ImportIncome
from services.households.schemas.fields import IncomeOrigin
from services.households.schemas.income import IncomeImportReport
from services.households.usecases.income_imports import IncomeImport
from shared.clock import local_date, utc_now
from shared.http.answers import json_answer
from shared.http.bodies import TABLE, table_of
from shared.http.context import Db, Seals, Speaks, Texts
from shared.http.problems import row_problem
from shared.tables.whole import read_whole

router = APIRouter(prefix="/v1/income", tags=["Income · 收入测算"])

MAX_BYTES = 32_000_000
MOST_ERRORS = 1000


@router.post(
    "/imports",
    response_model=IncomeImportReport,
    summary="Import lines · 批量导入收支",
    max_body_size=MAX_BYTES,
    openapi_extra=TABLE,
)
async def import_income(
    request: Request,
    who: ImportIncome,
    db: Db,
    vault: Seals,
    texts: Texts,
    language: Speaks,
    origin: Annotated[IncomeOrigin | None, Query(description="Whose figures · 数据提供部门")] = None,
    dry_run: Annotated[bool, Query(description="Tell what would happen, change nothing · 试运行")] = False,
) -> Response:
    """One row a line, of a person (ID number) or a household as a whole (national code): item, amount, and a day or
    months. CSV, XLSX or XLS, Chinese or English headings. A row with a mistake is left out and told. The same line
    again changes nothing; with another amount it corrects the one before.
    """
    now = utc_now()
    sent = await read_whole(await table_of(request), INCOME_COLUMNS, local_date(now), MOST_ROWS)
    table = await asyncio.to_thread(read_lines, sent)
    job = IncomeImport(vault, who, origin, now, dry_run)
    async with db.write(who.scope) as session:
        await job.take(session, table.lines)
    faults = sorted([*table.faults, *job.faults], key=lambda one: one[0])
    return json_answer(
        IncomeImportReport(
            dry_run=dry_run,
            added=job.outcomes["added"],
            changed=job.outcomes["changed"],
            unchanged=job.outcomes["unchanged"],
            failed=len({row for row, _ in faults}),
            errors=[row_problem(texts, language, row, fault) for row, fault in faults[:MOST_ERRORS]],
            error_count=len(faults),
        )
    )

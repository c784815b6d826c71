"""Imports into the register (批量导入)."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import ValidationError
from starlette.responses import Response

from services.households.api import import_reading
from services.households.api.import_reading import Upload
from services.households.api.permits import ImportHousehold
from services.households.rules.imports import Outcome
from services.households.schemas.imports import Counts, ImportReport
from services.households.schemas.register import ImportedHousehold
from services.households.usecases.imports import Import
from shared.clock import utc_now
from shared.db.engine import WriteSession
from shared.errors import Fault
from shared.faults import faults_of
from shared.http.answers import json_answer
from shared.http.context import Db, Seals, Speaks, Texts
from shared.http.problems import RowProblem, row_problem
from shared.messages import Catalogue, Language

router = APIRouter(prefix="/v1/households", tags=["Register · 农户档案"])

MAX_BYTES = 64_000_000
PART = 500
"""Households a step: enough to make each statement worth its round trip, few enough to let other requests in."""
MOST_ERRORS = 1000

_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": {"type": "array", "items": {"$ref": "#/components/schemas/HouseholdDraft"}}},
            "application/x-ndjson": {"schema": {"$ref": "#/components/schemas/HouseholdDraft"}},
            "text/csv": {"schema": {"type": "string"}},
        },
    }
}

Mistake = tuple[Upload, Fault]
"""A mistake with the household it was made in."""
Checked = tuple[list[tuple[Upload, ImportedHousehold]], list[Mistake]]
"""One part of a file: the households that could be read, and the mistakes of the others."""


@router.post(
    "/imports",
    response_model=ImportReport,
    summary="Import households · 批量导入农户",
    max_body_size=MAX_BYTES,
    openapi_extra=_BODY,
)
async def import_households(
    request: Request,
    who: ImportHousehold,
    db: Db,
    vault: Seals,
    texts: Texts,
    language: Speaks,
    dry_run: Annotated[bool, Query(description="Tell what would happen, change nothing · 试运行")] = False,
) -> Response:
    """Households with their people, as a JSON array, NDJSON, or CSV with one row a person (Chinese or English headers).

    A household known by its national code is updated, so the same file again changes nothing; people who are not in
    the file stay where they are. A household with a mistake is left out whole and told, the others are kept.
    """
    parts = import_reading.in_parts(
        import_reading.read(await request.body(), request.headers.get("content-type", "")), PART
    )
    job = Import(vault, who, utc_now(), dry_run)
    told = _Told(texts, language)
    async with db.write(who.scope) as session:
        await job.begin(session)
        part = await asyncio.to_thread(_check_next, parts)
        while part is not None:
            # The next part is read in a thread while the database writes this one.
            coming = asyncio.create_task(asyncio.to_thread(_check_next, parts))
            await _take(session, job, part, told)
            part = await coming
        await job.finish(session)
    return json_answer(
        ImportReport(
            dry_run=dry_run,
            households=_counts(job.households),
            members=_counts(job.members),
            failed=len(told.failed),
            errors=told.problems,
            error_count=told.count,
        )
    )


async def _take(session: WriteSession, job: Import, part: Checked, told: "_Told") -> None:
    drafts, mistakes = part
    told.add(mistakes)
    by_row = {upload.row: upload for upload, _ in drafts}
    faults = await job.take(session, [(upload.row, draft) for upload, draft in drafts])
    told.add([(by_row[row], fault) for row, fault in faults])


def _check_next(parts: Iterator[list[Upload]]) -> Checked | None:
    """Read and check the next part; None after the last."""
    part = next(parts, None)
    if part is None:
        return None
    drafts: list[tuple[Upload, ImportedHousehold]] = []
    mistakes: list[Mistake] = []
    for upload in part:
        try:
            drafts.append((upload, ImportedHousehold.model_validate(upload.content)))
        except ValidationError as error:
            mistakes += [(upload, fault) for fault in _faults(upload, error)]
    return drafts, mistakes


def _faults(upload: Upload, error: ValidationError) -> list[Fault]:
    if upload.content is None:
        return [Fault("", "json-invalid")]
    return faults_of(error.errors(include_url=False, include_input=False))


class _Told:
    """Mistakes in the caller's language; a file can hold more of them than anybody reads."""

    def __init__(self, texts: Catalogue, language: Language) -> None:
        self._texts = texts
        self._language = language
        self.problems: list[RowProblem] = []
        self.failed: set[int] = set()
        self.count = 0

    def add(self, mistakes: Sequence[Mistake]) -> None:
        """Take in more."""
        self.count += len(mistakes)
        self.failed.update(upload.row for upload, _ in mistakes)
        self.problems += [self._problem(*one) for one in mistakes[: MOST_ERRORS - len(self.problems)]]

    def _problem(self, upload: Upload, fault: Fault) -> RowProblem:
        row, field = upload.place(fault.field)
        return row_problem(self._texts, self._language, row, replace(fault, field=field))


def _counts(outcomes: Mapping[Outcome, int]) -> Counts:
    return Counts(added=outcomes["added"], changed=outcomes["changed"], unchanged=outcomes["unchanged"])

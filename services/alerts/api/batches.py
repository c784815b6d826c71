"""Batches: send many alerts at once, then ask how far they have come and what was wrong."""

from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field
from tempfile import TemporaryFile
from typing import IO, Protocol
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.requests import ClientDisconnect
from starlette.responses import Response

from services.alerts.api.answers import batch_view
from services.alerts.api.permits import ReadBatches, ReportBatches
from services.alerts.api.row_stream import in_gulps, json_chunks, ndjson_chunks
from services.alerts.queries import batches as queries
from services.alerts.rules.alerts import sight
from services.alerts.rules.batches import MAX_ROWS, BatchEmpty, BatchFormat
from services.alerts.schemas.batches import BatchView, RowError
from services.alerts.usecases.batches import PURPOSE, accept_batch
from shared.clock import utc_now
from shared.db.engine import WriteSession
from shared.errors import MediaTypeUnsupported
from shared.http.answers import json_answer
from shared.http.context import Db, Seals, Speaks, Texts
from shared.http.idempotency import OptionalKey, RequestKey, once, request_digest
from shared.http.pages import After, CursorInvalid, Limit, Page, cut, decode_cursor, encode_cursor
from shared.security.vault import Vault

MAX_BODY = 64_000_000
_FORMATS: dict[str, BatchFormat] = {"application/json": "json", "application/x-ndjson": "ndjson"}
_CUT = {"json": json_chunks, "ndjson": ndjson_chunks}
_ROW = {"$ref": "#/components/schemas/AlertDraft"}
_BODY = {
    "required": True,
    "content": {
        "application/json": {"schema": {"type": "array", "items": _ROW, "minItems": 1, "maxItems": MAX_ROWS}},
        "application/x-ndjson": {"schema": _ROW},
    },
}

router = APIRouter(prefix="/v1/batches", tags=["Batches · 批量报送"])


@router.post(
    "",
    status_code=202,
    summary="Report many alerts · 批量报送预警",
    response_model=BatchView,
    openapi_extra={"requestBody": _BODY},
    max_body_size=MAX_BODY,
)
async def report_batch(request: Request, who: ReportBatches, db: Db, vault: Seals, key: OptionalKey) -> Response:
    """Up to 50,000 rows as a JSON array or NDJSON. Bad rows are listed under `/errors`, good ones are kept.

    Nothing is kept of a body that breaks off, is malformed as a whole or too long.
    """
    format_ = _format(request)
    digest = request_digest(request)
    with TemporaryFile() as file:
        spool = Spool(file, vault)
        body = _hashed(request.stream(), digest) if key else request.stream()
        try:
            async for lines in _CUT[format_](in_gulps(body)):
                spool.add(lines)
        except ClientDisconnect:
            return Response(status_code=400)  # nobody is there to read it
        if spool.rows == 0:
            raise BatchEmpty

        async def work(session: WriteSession) -> Response:
            batch = await accept_batch(session, who, format_, spool.rows, spool.chunks(), len(spool.places), utc_now())
            return json_answer(batch_view(batch), 202, {"Location": f"/alerts/v1/batches/{batch.id}"})

        return await once(db, who, RequestKey(key, digest.digest(), vault) if key else None, work)


@router.get("/{batch_id}", summary="How far a batch has come · 批次进度")
async def read_batch(batch_id: UUID, who: ReadBatches, db: Db) -> BatchView:
    """Counts grow while rows are worked off; when the last one is, `state` is `done`, or `failed` where some have failed
    for a reason of ours (error `row-failed`): send them again.
    """
    async with db.read(who.scope) as session:
        return batch_view(await queries.get_batch(session, who.id, sight(who), batch_id))


@router.get("/{batch_id}/errors", summary="What was wrong in a batch · 批次错误明细")
async def list_batch_errors(
    batch_id: UUID, who: ReadBatches, db: Db, texts: Texts, language: Speaks, after: After = None, limit: Limit = 50
) -> Page[RowError]:
    """Mistakes by row and field, in row order. Kept for 90 days."""
    place = _error_cursor(after)
    async with db.read(who.scope) as session:
        await queries.get_batch(session, who.id, sight(who), batch_id)
        rows = await queries.list_errors(session, batch_id, place, limit + 1)
    page, last = cut(rows, limit)
    items = [
        RowError(row=e.row_number, field=e.field, code=e.code, message=texts.text(e.code, language, **e.params))
        for e in page
    ]
    return Page(items=items, next=encode_cursor(last.row_number, last.field, last.code) if last else None)


@dataclass(slots=True)
class Spool:
    """Chunks on their way in, sealed, in a file: a slow sender holds no database connection and no memory."""

    file: IO[bytes]
    vault: Vault
    rows: int = 0
    places: list[tuple[int, int]] = field(default_factory=list)  # first row and length of each chunk
    _next_row: int = 1

    def add(self, lines: Sequence[bytes]) -> None:
        """Seal a chunk away."""
        sealed = self.vault.seal(b"\n".join(lines), PURPOSE)
        self.file.write(sealed)
        self.places.append((self._next_row, len(sealed)))
        self._next_row += len(lines)
        self.rows += sum(1 for line in lines if line.strip())

    def chunks(self) -> Iterator[tuple[int, int, bytes]]:
        """`(seq, first_row, sealed)` of each chunk."""
        self.file.seek(0)
        for seq, (first_row, length) in enumerate(self.places, 1):
            yield seq, first_row, self.file.read(length)


class _Digest(Protocol):
    def update(self, piece: bytes, /) -> None: ...


async def _hashed(body: AsyncIterator[bytes], digest: _Digest) -> AsyncIterator[bytes]:
    async for piece in body:
        digest.update(piece)
        yield piece


def _format(request: Request) -> BatchFormat:
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type not in _FORMATS:
        raise MediaTypeUnsupported
    return _FORMATS[media_type]


def _error_cursor(after: str | None) -> tuple[int, str, str] | None:
    match decode_cursor(after, 3):
        case None:
            return None
        case [row, str(place), str(code)] if type(row) is int and 0 < row <= MAX_ROWS and (place + code).isprintable():
            return row, place, code
    raise CursorInvalid(field="after")

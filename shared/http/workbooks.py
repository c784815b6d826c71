"""Workbooks as answers."""

from collections.abc import Iterator
from typing import Any

from starlette.responses import StreamingResponse

from shared.http.bodies import FILE
from shared.workbook_stream import XLSX

WORKBOOK: dict[int | str, Any] = {200: {"content": {XLSX: {"schema": FILE}}}}
"""How a route documents one (`responses`)."""


def workbook_answer(pieces: Iterator[bytes], name: str, also_named: str = "") -> StreamingResponse:
    """A workbook to be saved as `name`.xlsx. It tells of people: nobody on its way keeps it. `also_named`: a further
    parameter of the disposition (RFC 6266).
    """
    disposition = f'attachment; filename="{name}.xlsx"{also_named}'
    headers = {"Content-Disposition": disposition, "Cache-Control": "no-store"}
    return StreamingResponse(pieces, media_type=XLSX, headers=headers)

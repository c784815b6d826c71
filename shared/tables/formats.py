"""What kind of file it is, by its content: names lie. Many an .xls from a government system is HTML or text."""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import BinaryIO

from shared.tables.csv_text import open_csv
from shared.tables.encoding import HEAD, decoded, encodings, read_head, without_mark
from shared.tables.spreadsheet import open_xls, open_xlsx
from shared.tables.table import Column, Table, refusal

_SIGNATURES = (
    (b"%PDF", "PDF"),
    (b"{\\rtf", "RTF"),
    (b"Rar!", "RAR"),
    (b"7z\xbc\xaf\x27\x1c", "7z"),
    (b"\x1f\x8b", "gzip"),
    (b"BZh", "bzip2"),
    (b"\xfd7zXZ", "xz"),
    (b"\x89PNG", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"PAR1", "Parquet"),
    (b"SQLite format 3", "SQLite"),
    (b"MIME-Version:", "MHTML"),
)
_ZIP, _OLE = (b"PK\x03\x04", b"PK\x05\x06"), b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_MARKUP = re.compile(r"\s*<(\?xml|!doctype\s+html|!--|html|head|meta|table|style|body)\b", re.IGNORECASE)


def open_table(
    file: BinaryIO,
    name: str,
    columns: Sequence[Column],
    *,
    today: date,
    unread: Mapping[int, str] | None = None,
) -> Table:
    """The table in `file`, its headings found and its columns matched; `today` is for ID numbers of the unborn.

    `file` may only read forward if it is CSV; a workbook has to be seekable. It stays open until the frames are read.
    `name` is not believed: the content says what it is. `unread`: sheets that were passed over when the same file was
    opened before, by number from 1, with the code of why; they are passed over again. Raises `TableInvalid`, whose faults
    say why.
    """
    del name
    head = read_head(file)
    if not head.strip():
        raise refusal("table-empty")
    if head.startswith(_ZIP):
        return open_xlsx(file, columns, today, unread or {})
    if head.startswith(_OLE):
        return open_xls(file, columns, today, unread or {})
    for signature, format in _SIGNATURES:
        if head.startswith(signature):
            raise refusal("format-unsupported", format=format)
    if markup := _MARKUP.match(decoded(without_mark(head[:4096]), encodings(head)[0])):
        raise refusal("format-unsupported", format="XML" if markup[1].lower() == "?xml" else "HTML")
    return open_csv(head, file, columns, today, whole=len(head) < HEAD)

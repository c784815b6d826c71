"""What is written on a public notice (公示), and how it is printed.

Only what the law lets be shown goes in: the head's name, the group, the class. Nothing else of a household comes near
this module, so nothing else can slip into a text. A head who is a child is named by surname alone.
"""

import html
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from services.households.codes import LISTS
from services.households.rules.notices import Line, NoticeKind, ordered
from shared.messages import Catalogue, Language

LANGUAGE: Language = "zh"
"""It hangs in a village."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """One notice as it is written; each row has a number, the head, the group, and the class in words."""

    title: str
    opening: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    closing: str

    def record(self) -> dict[str, Any]:
        """As it is sealed."""
        return {
            "title": self.title,
            "opening": self.opening,
            "columns": self.columns,
            "rows": self.rows,
            "closing": self.closing,
        }


def write_sheet(
    texts: Catalogue, kind: NoticeKind, lines: Sequence[Line], *, village: str, township: str, days: int
) -> Sheet:
    """The sheet for the households of one village."""

    def say(code: str, **params: Any) -> str:
        return texts.text(code, LANGUAGE, **params)

    rows = tuple(
        (
            str(number),
            line.head,
            line.group or say("notice-no-group"),
            LISTS["monitoring_class"].text(line.monitoring_class, LANGUAGE),
        )
        for number, line in enumerate(ordered(lines), start=1)
    )
    return Sheet(
        title=say(f"notice-title-{kind}", village=village),
        opening=say(f"notice-opening-{kind}", count=len(rows)),
        columns=tuple(say(f"notice-column-{name}") for name in ("number", "head", "group", "class")),
        rows=rows,
        closing=say("notice-closing", days=days, village=village, township=township),
    )


def sheet_of(record: dict[str, Any]) -> Sheet:
    """The sheet that was sealed."""
    rows = tuple(tuple(row) for row in record["rows"])
    return Sheet(record["title"], record["opening"], tuple(record["columns"]), rows, record["closing"])


def plain(sheet: Sheet) -> str:
    """As plain text."""
    table = ["\t".join(row) for row in (sheet.columns, *sheet.rows)]
    return "\n".join([sheet.title, "", sheet.opening, "", *table, "", sheet.closing, ""])


def page(texts: Catalogue, sheet: Sheet) -> str:
    """As a page to print."""
    head = _row("th", sheet.columns)
    return texts.text(
        "notice-page",
        LANGUAGE,
        title=html.escape(sheet.title),
        opening=html.escape(sheet.opening),
        head=head,
        rows="".join(_row("td", row) for row in sheet.rows),
        closing=html.escape(sheet.closing).replace("\n", "<br>"),
    )


def _row(cell: str, values: Sequence[str]) -> str:
    return "<tr>" + "".join(f"<{cell}>{html.escape(value)}</{cell}>" for value in values) + "</tr>"

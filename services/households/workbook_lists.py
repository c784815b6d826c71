"""The national system's list workbooks as `workbooks.toml` describes them: which columns, called what, in which order."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from services.households.rules.register_imports import LIST_KINDS, ListKind
from shared.tables import Column, Kind


@dataclass(frozen=True)
class ListColumn:
    """One column. `field` says where its cells go: `member.name`; see `workbooks.toml`."""

    field: str
    heading: str
    words: tuple[str, ...]
    kind: Kind
    codes: str | None
    required: bool
    lenient: bool

    @cached_property
    def part(self) -> str:
        """area, household, member, case, check or shown."""
        return self.field.partition(".")[0]

    @cached_property
    def name(self) -> str:
        """The field within its part."""
        return self.field.partition(".")[2]


@dataclass(frozen=True)
class WorkbookList:
    """One of the lists, its columns in their order."""

    kind: ListKind
    title: str
    columns: tuple[ListColumn, ...]

    @cached_property
    def read(self) -> Sequence[Column]:
        """The columns an import looks for: all but those that exports alone write."""
        return [
            Column(one.field, (one.heading, *one.words), one.kind, one.required, key=one.field == "check.head_name")
            for one in self.columns
            if one.part != "shown"
        ]

    @cached_property
    def headings(self) -> Mapping[str, str]:
        """Field → heading."""
        return {one.field: one.heading for one in self.columns}


_CONTENT: Mapping[str, Any] = tomllib.loads(Path(__file__).with_name("workbooks.toml").read_text(encoding="utf-8"))


def _list(kind: ListKind) -> WorkbookList:
    content = _CONTENT[kind]
    columns = tuple(
        ListColumn(
            one["field"],
            one["heading"],
            tuple(one.get("words", ())),
            one.get("kind", "text"),
            one.get("codes"),
            one.get("required", False),
            one.get("lenient", False),
        )
        for one in content["columns"]
    )
    return WorkbookList(kind, content["title"], columns)


LISTS: Mapping[ListKind, WorkbookList] = {kind: _list(kind) for kind in LIST_KINDS}
MOST_FILES: int = _CONTENT["most_files"]
ID_TYPES = frozenset[str](_CONTENT["id_types"]["accepted"])
SHOWN_ID_TYPE: str = _CONTENT["id_types"]["shown"]
SAID: Mapping[str, Mapping[str, bool]] = _CONTENT["said"]
VILLAGES: Mapping[str, str] = _CONTENT["villages"]
YES: str = _CONTENT["shown"]["yes"]
NO: str = _CONTENT["shown"]["no"]
NOTHING: Mapping[str, Sequence[str]] = _CONTENT["nothing"]

"""The exports that the ledger is compared with, as `exports.toml` describes them: which columns, called what."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from shared.contracts.jobs_reconcile_policies import ExportSource
from shared.tables import Column, Kind


@dataclass(frozen=True, slots=True)
class ExportColumn:
    """One column. `field` says what its cells are; see `exports.toml`."""

    field: str
    heading: str
    words: tuple[str, ...]
    kind: Kind
    codes: str | None
    required: bool


@dataclass(frozen=True, slots=True)
class Export:
    """One kind of export. `works_unless_said`: who stands in it works, as long as no column says otherwise."""

    source: ExportSource
    columns: tuple[ExportColumn, ...]
    works_unless_said: bool

    def read(self, headings: Mapping[str, Sequence[str]]) -> list[Column]:
        """What to look for in a file; `headings`: further ones by field, from the policy."""
        return [
            Column(
                one.field,
                (one.heading, *one.words, *headings.get(one.field, ())),
                one.kind,
                one.required,
                key=one.field == "name",
            )
            for one in self.columns
        ]


_CONTENT: Mapping[str, Any] = tomllib.loads(Path(__file__).with_name("exports.toml").read_text(encoding="utf-8"))


def _export(source: ExportSource) -> Export:
    content = _CONTENT[source]
    columns = tuple(
        ExportColumn(
            one["field"],
            one["heading"],
            tuple(one.get("words", ())),
            one.get("kind", "text"),
            one.get("codes"),
            one.get("required", False),
        )
        for one in content["columns"]
    )
    return Export(source, columns, content["works_unless_said"])


SOURCES: tuple[ExportSource, ...] = get_args(ExportSource)
EXPORTS: Mapping[ExportSource, Export] = {source: _export(source) for source in SOURCES}
MOST_FILES: int = _CONTENT["most_files"]
SAID: Mapping[str, Mapping[str, bool]] = {
    field: {word: meaning == "true" for meaning, words in said.items() for word in words}
    for field, said in _CONTENT["said"].items()
}
ABROAD_WORDS = frozenset[str](_CONTENT["places"]["abroad"])
OWN_COUNTY_WORDS = frozenset[str](_CONTENT["places"]["own_county"])
PROVINCES: Mapping[str, str] = _CONTENT["places"]["provinces"]
"""First two digits → name without 省."""

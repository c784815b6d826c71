"""Finds the headings: the row that matches most columns, whatever stands above it and however the cells are merged."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from shared.errors import Fault
from shared.tables.table import Column, TableInvalid, refusal
from shared.tables.words import ASIDES, UNITS, plain

LOOKED_AT = 20
"""So many rows may hold titles and headings."""

_BRACKETED = re.compile(r"[(\[{【〔〈<]([^)\]}】〕〉>]*)[)\]}】〕〉>]")
_STARS = "*★☆※•·:。."
_UNIT_IN_TITLE = re.compile(r"(?:金额)?单位[:为是](\w+)")
_NUMBERING = re.compile(r"\(?(?:[0-9]{1,3}|[甲乙丙丁戊a-z])\)?(?:=.*)?")

Rows = Sequence[Sequence[str]]


@dataclass(frozen=True, slots=True)
class FoundColumn:
    """Where a column stands, from 0; `times` is the factor of a unit in its heading: 自付金额（万元）."""

    column: Column
    at: int
    times: int = 1


@dataclass(frozen=True, slots=True)
class Layout:
    """A table's headings. Rows are counted from 1."""

    header_row: int
    data_from: int
    headers: tuple[str, ...]
    found: tuple[FoundColumn, ...]

    @property
    def headings(self) -> tuple[tuple[str, str], ...]:
        """By column, the heading as it is written; none where it stands in the row above."""
        return tuple((one.column.name, text) for one in self.found if (text := self.headers[one.at]))

    @property
    def width(self) -> int:
        """How many cells a row has."""
        return len(self.headers)


@dataclass(frozen=True, slots=True)
class _Match:
    rank: int  # 0 as written, 1 without what is in brackets, 2 and 3 with the cell above
    times: int
    text: str


def find_layout(rows: Rows, columns: Sequence[Column]) -> Layout:
    """The layout by the first rows of a sheet. Raises `TableInvalid`: a column missing, twice, or not clear."""
    accepted = _accepted(columns)
    best = max(range(min(len(rows), LOOKED_AT)), key=lambda r: (_score(rows, r, accepted), -r), default=None)
    if best is None:
        raise refusal("table-empty")
    found = _found_columns(_matches(rows, best, accepted), columns)
    _refuse_unit_in_title(rows[:best], found)
    headers = tuple(" ".join(text.split()) for text in rows[best])
    return Layout(best + 1, best + 2 + _is_numbering(rows[best + 1 : best + 2]), headers, found)


def columns_found(rows: Rows, columns: Sequence[Column]) -> frozenset[str]:
    """The columns of the row that has most of them."""
    accepted = _accepted(columns)
    return max((_named(rows, r, accepted) for r in range(min(len(rows), LOOKED_AT))), key=len, default=frozenset())


def letters(at: int) -> str:
    """The name of the column at place `at` from 0, as spreadsheets have it: A, B, ..., Z, AA."""
    name = ""
    at += 1
    while at:
        at, rest = divmod(at - 1, 26)
        name = chr(65 + rest) + name
    return name


def _accepted(columns: Sequence[Column]) -> dict[str, list[str]]:
    """Heading in plain form → names of the columns that take it."""
    accepted: dict[str, list[str]] = defaultdict(list)
    for column in columns:
        for text in dict.fromkeys(_star_free(plain(text)) for text in (column.name, *column.headers)):
            accepted[text].append(column.name)
    return accepted


def _star_free(text: str) -> str:
    return text.strip(_STARS)


def _score(rows: Rows, r: int, accepted: dict[str, list[str]]) -> int:
    return len(_named(rows, r, accepted))


def _named(rows: Rows, r: int, accepted: dict[str, list[str]]) -> frozenset[str]:
    return frozenset(name for names in _matches(rows, r, accepted) for name in names)


def _matches(rows: Rows, r: int, accepted: dict[str, list[str]]) -> list[dict[str, _Match]]:
    """For each cell of row `r`, the columns whose heading it may be."""
    own, above = rows[r], list(rows[r - 1]) if r else []
    found = []
    parent = ""
    for at, text in enumerate(own):
        over = above[at] if at < len(above) else ""
        parent = over if over.strip() else parent
        found.append(_match(text, over, parent, accepted))
    return found


def _match(text: str, over: str, parent: str, accepted: dict[str, list[str]]) -> dict[str, _Match]:
    # A blank cell is merged downwards: its heading stands in the row above.
    forms = [*_forms(text, 0), *_forms(parent + text, 2)] if text.strip() else _forms(over, 2)
    found: dict[str, _Match] = {}
    for form, match in forms:
        for name in accepted.get(form, ()):
            found.setdefault(name, match)
    return found


def _forms(text: str, rank: int) -> list[tuple[str, _Match]]:
    """As written, and without what is in brackets: a unit or 必填 there changes nothing, another word may."""
    whole = plain(text)
    asides = [_star_free(aside) for aside in _BRACKETED.findall(whole)]
    times = next((UNITS[aside] for aside in asides if UNITS.get(aside, 1) != 1), 1)
    bare_rank = rank if all(aside in UNITS or aside in ASIDES for aside in asides) else rank + 1
    bare = _star_free(_BRACKETED.sub("", whole))
    return [(_star_free(whole), _Match(rank, 1, whole)), (bare, _Match(bare_rank, times, whole))]


def _found_columns(cells: list[dict[str, _Match]], columns: Sequence[Column]) -> tuple[FoundColumn, ...]:
    by_name: dict[str, list[tuple[int, _Match]]] = defaultdict(list)
    for at, matches in enumerate(cells):
        best = min((match.rank for match in matches.values()), default=0)
        for name, match in matches.items():
            if match.rank == best:
                by_name[name].append((at, match))
    faults = [fault for column in columns if (fault := _fault(column, by_name[column.name]))]
    taken: dict[int, list[str]] = defaultdict(list)
    found = []
    for column in columns:
        if best_of := _best(by_name[column.name]):
            at, match = best_of[0]
            taken[at].append(column.name)
            found.append(FoundColumn(column, at, match.times))
    faults += [
        Fault(name, "header-ambiguous", {"places": letters(at)})
        for at, names in taken.items()
        if len(names) > 1
        for name in names
    ]
    if faults:
        raise TableInvalid(faults)
    if not found:
        raise TableInvalid([_missing(column) for column in columns])
    return tuple(found)


def _best(found: list[tuple[int, _Match]]) -> list[tuple[int, _Match]]:
    rank = min((match.rank for _, match in found), default=0)
    return [(at, match) for at, match in found if match.rank == rank]


def _fault(column: Column, found: list[tuple[int, _Match]]) -> Fault | None:
    best = _best(found)
    if not best:
        return _missing(column) if column.required else None
    if len(best) == 1:
        return None
    code = "header-duplicate" if len({match.text for _, match in best}) == 1 else "header-ambiguous"
    return Fault(column.name, code, {"places": ", ".join(letters(at) for at, _ in best)})


def _missing(column: Column) -> Fault:
    return Fault(column.name, "header-missing", {"headings": " / ".join(column.headers or (column.name,))})


def _refuse_unit_in_title(titles: Rows, found: Sequence[FoundColumn]) -> None:
    """单位：万元 above the table: nobody can tell which of the columns it is about."""
    for text in (plain(cell) for row in titles for cell in row):
        for unit in _UNIT_IN_TITLE.findall(text):
            unclear = [one.column.name for one in found if one.column.kind == "number" and one.times == 1]
            if UNITS.get(unit, 1) != 1 and unclear:
                raise TableInvalid([Fault(name, "unit-in-title", {"unit": unit}) for name in unclear])


def _is_numbering(rows: Rows) -> bool:
    """Whether the row below the headings only counts the columns: 1, 2, 3, or 甲, 乙, 1, 2."""
    texts = [unicodedata.normalize("NFKC", text).strip().lower() for row in rows for text in row if text.strip()]
    numbers = [int(text.strip("()").split("=")[0]) for text in texts if text.strip("()").split("=")[0].isdecimal()]
    return (
        len(texts) >= 3
        and all(map(_NUMBERING.fullmatch, texts))
        and len(numbers) >= 2
        and numbers == list(range(numbers[0], numbers[0] + len(numbers)))
        and numbers[0] in (0, 1)
    )

"""Which problems a function may raise is read off its source: what it names, and what it calls names."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Self

import pytest

from shared.errors import Conflict, DomainError, NotFound, existing
from tools.documents import typed
from tools.documents.problems import raised_by


class Missing(NotFound):
    code = "missing"


class Closed(Conflict):
    code = "closed"


class Other(Conflict):
    code = "other"


@dataclass
class Part:
    size: int = 0

    @property
    def whole(self) -> int:
        raise Closed

    def check(self) -> None:
        raise Missing

    @classmethod
    async def begin(cls) -> Self:
        return cls()


class Smaller(Part):
    def check(self) -> None:
        raise Other


@dataclass
class Keeper:
    part: Part
    refusal: DomainError | None = None


class Room:
    def __init__(self, part: Part) -> None:
        self._part = part

    def look(self) -> None:
        self._part.check()

    def only_here(self) -> None:
        raise Other


@asynccontextmanager
async def opened() -> AsyncIterator[Part]:
    yield Part()


def closed() -> None:
    raise Closed(field="a")


def by_name() -> None:
    closed()


def by_class(row: int | None) -> int:
    return existing(row, Missing)


async def by_type(part: Part, many: list[Smaller]) -> None:
    part.check()
    for one in many:
        one.check()


def by_pairs(parts: list[Smaller], rooms: dict[str, Room]) -> None:
    for _, (part, _) in enumerate(zip(parts, [], strict=True)):
        part.check()
    for _, room in rooms.items():
        room.look()


async def by_context() -> None:
    async with opened() as part:
        print(part.whole)


async def by_result() -> None:
    (await Part.begin()).check()


def by_attribute(keeper: Keeper | None) -> None:
    if keeper:
        keeper.part.check()


def by_set_attribute(room: Room) -> None:
    room.look()


def by_only_name(thing: Any) -> None:
    thing.only_here()


def by_function_within(run: Callable[[Callable[[], None]], None]) -> None:
    def work() -> None:
        closed()

    run(work)
    run(lambda: None)


TABLE = {"a": closed, "b": partial(by_class, None)}


def by_table(name: str) -> None:
    TABLE[name]()


def caught() -> None:
    try:
        closed()
        raise Missing
    except Closed:
        raise Other from None


def caught_and_raised_again() -> None:
    try:
        closed()
        raise Missing
    except Closed:
        raise
    except DomainError:
        pass


def keeps(keeper: Keeper) -> Keeper:
    try:
        closed()
    except DomainError as refusal:
        return replace(keeper, refusal=refusal)
    return keeper


def gives_back(keeper: Keeper) -> None:
    kept = keeps(keeper)
    if kept.refusal is not None:
        raise kept.refusal


def keeps_many(keepers: list[Keeper]) -> list[tuple[int, DomainError]]:
    errors: list[tuple[int, DomainError]] = []
    for number, keeper in enumerate(keepers):
        try:
            keeper.part.check()
        except DomainError as error:
            errors.append((number, error))
    return errors


def gives_the_first_back(keepers: list[Keeper]) -> None:
    for _, error in keeps_many(keepers):
        raise error


def asks_only(error: DomainError) -> bool:
    return isinstance(error, Missing) or error.code == Closed.code


def goes_round(deep: int) -> None:
    if deep:
        goes_round(deep - 1)
    closed()


@pytest.mark.parametrize(
    ("function", "raises"),
    [
        (by_name, {Closed}),
        (by_class, {Missing}),
        (by_type, {Missing, Other}),
        (by_pairs, {Missing, Other}),
        (by_context, {Closed}),
        (by_result, {Missing, Other}),
        (by_attribute, {Missing, Other}),
        (by_set_attribute, {Missing, Other}),
        (by_only_name, {Other}),
        (by_function_within, {Closed}),
        (by_table, {Closed, Missing}),
        (caught, {Missing, Other}),
        (caught_and_raised_again, {Closed}),
        (keeps, set()),
        (gives_back, {Closed}),
        (gives_the_first_back, {Missing, Other}),
        (asks_only, set()),
        (goes_round, {Closed}),
    ],
)
def test_what_a_function_may_raise(function: Any, raises: set[type], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(typed, "OURS", (f"{__name__}.", "shared."))
    typed._methods.cache_clear()
    assert raised_by([function])[function] == raises
    typed._methods.cache_clear()

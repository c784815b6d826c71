"""Questions that requests have at the same time, answered by one statement.

While one statement is on its way, those that come wait and go with the next: alone a question waits for nobody, and
under load a statement serves many. For single statements on the hot path, each a transaction of its own.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Generic, TypeAlias, TypeVar

import asyncpg

from shared.db.engine import Database

Question = TypeVar("Question")
Answer = TypeVar("Answer")
Connection: TypeAlias = "asyncpg.Connection[Any]"

MOST = 200
"""Questions in one statement."""


class Together(Generic[Question, Answer]):
    """`answer` takes questions and gives as many answers, in their order. What it raises, all who asked are told."""

    def __init__(
        self, database: Database, answer: Callable[[Connection, Sequence[Question]], Awaitable[Sequence[Answer]]]
    ) -> None:
        self._database = database
        self._answer = answer
        self._waiting: list[tuple[Question, asyncio.Future[Answer]]] = []
        self._asking: asyncio.Task[None] | None = None  # held, or it might be collected before it is done

    async def ask(self, question: Question) -> Answer:
        """The answer to one question."""
        mine: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting.append((question, mine))
        if self._asking is None:
            self._asking = asyncio.create_task(self._ask())
        return await mine

    async def _ask(self) -> None:
        try:
            while self._waiting:
                asked, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
                await self._serve(asked)
        finally:
            self._asking = None

    async def _serve(self, asked: Sequence[tuple[Question, asyncio.Future[Answer]]]) -> None:
        try:
            async with self._database.single() as connection:
                answers = await self._answer(connection, [question for question, _ in asked])
        except BaseException as error:  # whoever asked deals with it
            for _, waiting in asked:
                if not waiting.done():
                    waiting.set_exception(error) if isinstance(error, Exception) else waiting.cancel()
            if not isinstance(error, Exception):
                raise
            return
        for (_, waiting), answer in zip(asked, answers, strict=True):
            if not waiting.done():  # a client that hung up waits no more
                waiting.set_result(answer)

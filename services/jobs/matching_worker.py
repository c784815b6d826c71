"""A process that works off runs of matching: minutes of sums and much memory, beside the requests' process.

Runs are taken one at a time; whoever holds a run's turn and dies leaves it to the next worker.
"""

import asyncio
import logging
from dataclasses import dataclass
from uuid import UUID

from services.jobs.models import MatchingRun
from services.jobs.queries import matching as queries
from services.jobs.rules.matching import Outcome, match
from services.jobs.rules.matching_snapshot import Input
from services.jobs.settings import JobsSettings
from services.jobs.usecases.matching_runs import BROKEN, begin_run, count_attempt, fail_run, finish_run
from shared.areas import Scope
from shared.attempts import is_stop, take_back
from shared.clock import utc_now
from shared.db.engine import Database
from shared.db.listening import Listener, turn, work_when_rung
from shared.db.outage import is_outage
from shared.errors import DomainError
from shared.security.vault import Vault
from shared.time_limit import in_time
from shared.worker_process import run_worker, until_parent_ends

log = logging.getLogger(__name__)

CONNECTIONS = 4  # one listens, one works, and what every pool keeps free
STATEMENT_MS = 300_000  # the input of a whole county, and the lapse of its earlier proposals
TELL_SECONDS = 0.5
_TURN = "shouwang-matching-run"
_EVERYWHERE = Scope.everywhere()


class Cancelled(Exception):
    """Somebody said that the run shall not go on."""


@dataclass(frozen=True, slots=True)
class MatchingWorker:
    """Takes the oldest run with something to do."""

    database: Database
    vault: Vault

    async def run(self) -> None:
        """Work until cancelled. The connection that listens also holds the turn."""
        await work_when_rung(self.database, queries.CHANNEL, "matching run", self.work_one)

    async def work_one(self, connection: Listener) -> bool:
        """Work off one run; False when there is none, or another process is at one."""
        async with self.database.read(_EVERYWHERE) as session:
            going = await queries.list_going(session)
        if not going:
            return False
        async with turn(connection, _TURN) as ours:
            if ours:
                await self._work(going[0])
        return ours

    async def _work(self, run_id: UUID) -> None:
        begun, counted = utc_now(), False
        try:
            async with self.database.write(_EVERYWHERE) as session:
                going = await count_attempt(session, run_id, utc_now())
            if not going:
                return
            counted = True
            async with self.database.write(_EVERYWHERE) as session:
                given = await begin_run(session, self.vault, run_id, utc_now())
            if given is None:
                return
            outcome = await self._match(run_id, given)
            async with self.database.write(_EVERYWHERE) as session:
                written = await finish_run(session, run_id, given, outcome, utc_now())
            log.info("matching run ended", extra={"run": str(run_id), "written": written})
        except Cancelled:
            log.info("matching run cancelled", extra={"run": str(run_id)})
        except DomainError as refused:
            await self._fail(run_id, refused.code)
        except (Exception, asyncio.CancelledError) as error:
            if is_stop(error) or is_outage(error):
                if counted:
                    await take_back(self.database, MatchingRun, MatchingRun.id == run_id, error, begun)
                raise
            log.error("matching run failed", extra={"run": str(run_id), "error": type(error).__name__})
            await self._fail(run_id, BROKEN)

    async def _match(self, run_id: UUID, given: Input) -> Outcome:
        """The sums in a thread of their own; meanwhile it is told how far they are. Raises `TookTooLong`, `Cancelled`.

        Nobody waits for them then: the solver cannot be stopped, but its process can (`time_limit.end_if_left`).
        """
        done = 0.0

        def told(part: float) -> None:
            nonlocal done
            done = part

        matching = asyncio.create_task(in_time(match, given.seekers, given.openings, given.terms, told=told))
        try:
            while not (await asyncio.wait([matching], timeout=TELL_SECONDS))[0]:
                if not await self._note(run_id, round(done * 99)):
                    raise Cancelled
            return matching.result()
        finally:
            matching.cancel()
            await asyncio.wait([matching])

    async def _note(self, run_id: UUID, percent: int) -> bool:
        async with self.database.write(_EVERYWHERE) as session:
            return await queries.note_progress(session, run_id, percent)

    async def _fail(self, run_id: UUID, code: str) -> None:
        async with self.database.write(_EVERYWHERE) as session:
            await fail_run(session, run_id, code, utc_now())


async def work(settings: JobsSettings) -> None:
    """Work off runs until standard input ends."""
    own = settings.database.model_copy(update={"pool_size": CONNECTIONS, "statement_timeout": STATEMENT_MS})
    database = Database(own, "jobs", row_security=True)
    await until_parent_ends([MatchingWorker(database, Vault(settings.vault)).run])
    await database.stop()


if __name__ == "__main__":
    run_worker("jobs-matching-worker", work)

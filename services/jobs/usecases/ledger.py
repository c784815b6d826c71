"""Rows of the ledger are recorded: one by one, from a list, a file or a placement. Each road ends in `Recording`."""

from collections.abc import Callable, Collection, Sequence
from datetime import date, datetime
from itertools import groupby
from uuid import UUID

from services.jobs.queries import ledger as queries
from services.jobs.queries.carrying import carry_some
from services.jobs.queries.ledger import entry_of
from services.jobs.rules.ledger import Entry, RowNotFound, Source
from services.jobs.rules.refusals import PersonNotFound
from services.jobs.usecases.ledger_lines import EMPLOYER
from services.jobs.usecases.recording import Draft, Outcome, Recording
from shared.db.engine import WriteSession
from shared.errors import InvalidInput
from shared.http.versions import expect_version
from shared.lanes import Lane
from shared.security.principals import Principal
from shared.security.vault import Vault


async def record_rows(
    session: WriteSession,
    vault: Vault,
    who: Principal,
    drafts: Sequence[Draft],
    now: datetime,
    *,
    source: Source = "hand",
    lane: Lane | None = None,
) -> list[Outcome]:
    """Write what is right, whatever is wrong with another; outcomes in the order of the drafts, the oldest month first.

    Wages that changed are told, and so is everybody below 16 whom a draft has at work; such a draft is refused.
    Later months that are still carried follow. Raises `MonthClosed`, `RowMovedOn`.
    """
    found: list[Outcome] = []
    for month, some in groupby(sorted(drafts, key=lambda one: one.month), key=lambda one: one.month):
        recording = await Recording.begin(session, vault, who, month, now, source, lane)
        wanted = list(some)
        await recording.hold([one.person_id for one in wanted])
        found += await recording.take(wanted)
    return found


async def put_row(
    session: WriteSession,
    vault: Vault,
    who: Principal,
    month: date,
    person_id: UUID,
    say: Callable[[Entry | None], Entry],
    if_match: str | None,
    now: datetime,
) -> Outcome:
    """One row, which becomes what `say` makes of the present one, or of none. It is refused as a whole.

    A working minor is no error here, for the finding must be kept: see `Outcome.minor`. Raises `PersonNotFound`,
    `MonthClosed`, `PolicyMissing`, `IfMatchRequired`, `Stale`, `InvalidInput`.
    """
    recording = await Recording.begin(session, vault, who, month, now)
    await recording.hold([person_id])
    person, row = recording.people.get(person_id), recording.rows.get(person_id)
    if person is None:
        raise PersonNotFound
    recording.rulebook.get(person.area_code)
    entry = None
    if row is not None:
        expect_version(if_match, row["version"])
        sealed = row["employer_name_sealed"]
        entry = entry_of(row, vault.open(sealed, EMPLOYER).decode() if sealed else None)
    [outcome] = await recording.take([Draft(person_id, month, say(entry), row["version"] if row else 0)])
    if outcome.outcome == "refused" and not outcome.minor:
        raise InvalidInput(outcome.faults)
    return outcome


async def confirm_rows(
    session: WriteSession,
    vault: Vault,
    who: Principal,
    month: date,
    people: Collection[UUID],
    now: datetime,
    *,
    since_said: bool = False,
) -> list[Outcome]:
    """ "No change" for some people: what their rows say, carried or not, is so. A row that lacks something is refused.

    `since_said`: nor did anything change in the months before that were only carried; one that lacks something stays so.
    """
    wanted = list(dict.fromkeys(people))
    if since_said:
        for before, some in (await queries.list_unsaid(session, month, wanted)).items():
            await (await Recording.begin(session, vault, who, before, now)).confirm(some)
    recording = await Recording.begin(session, vault, who, month, now)
    await carry_some(session, month, wanted, now)
    return await recording.confirm(wanted)


__all__ = ["Draft", "Outcome", "RowNotFound", "confirm_rows", "put_row", "record_rows"]

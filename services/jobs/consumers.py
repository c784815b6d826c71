"""Which events this service listens to, and what it does on each."""

from collections.abc import Mapping, Sequence

from services.jobs.usecases import asked_needs, people, schooling
from services.jobs.usecases.carrying import follow_moves
from shared.clock import utc_now
from shared.contracts.directory import AccountChanged, AreasChanged, PolicyPublished
from shared.contracts.envelope import EventType
from shared.contracts.grades import GradesChanged
from shared.contracts.labour import LabourChanged, WorkNeeded
from shared.contracts.schooling import DropoutClosed
from shared.db.engine import WriteSession
from shared.inbox import Handler, Received
from shared.projections.accounts import on_account_changed
from shared.projections.areas import on_areas_changed
from shared.projections.policies import on_policy_published
from shared.security.vault import Vault


def make_handlers(vault: Vault) -> Mapping[EventType, Handler]:
    """Event class → function; each calls one use case. `vault` opens what travels sealed."""

    async def on_labour_changed(session: WriteSession, received: Sequence[Received[LabourChanged]]) -> None:
        """People of the labour force came, changed or left."""
        await people.take_people(session, vault, [one.event for one in received], utc_now())
        await follow_moves(session, {person.person_key for one in received for person in one.event.people}, utc_now())

    return {
        AreasChanged: on_areas_changed,
        PolicyPublished: on_policy_published,
        AccountChanged: on_account_changed,
        LabourChanged: on_labour_changed,
        GradesChanged: on_grades_changed,
        WorkNeeded: on_work_needed,
        DropoutClosed: on_dropout_closed,
    }


async def on_grades_changed(session: WriteSession, received: Sequence[Received[GradesChanged]]) -> None:
    """Households whose grade changed."""
    await people.take_grades(session, [one.event for one in received])


async def on_work_needed(session: WriteSession, received: Sequence[Received[WorkNeeded]]) -> None:
    """A case asks for work, or no more."""
    await asked_needs.take_work_needed(session, [one.event for one in received], utc_now())


async def on_dropout_closed(session: WriteSession, received: Sequence[Received[DropoutClosed]]) -> None:
    """The case of a child who had dropped out is over."""
    await schooling.take_dropouts(session, [one.event for one in received], utc_now())

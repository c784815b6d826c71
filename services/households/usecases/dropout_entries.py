"""What is done for a child who dropped out: persuasion visits (劝返), a plan (一生一策), lessons at home (送教上门)."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal

from services.households.models import DropoutEntry
from services.households.queries.dropouts import DropoutRow
from services.households.rules.schooling.refusals import DropoutDayOutOfOrder, DropoutOver, NotTaughtAtHome
from services.households.rules.schooling.states import FINAL, OUT, require_move
from services.households.rules.tasks import require_past
from services.households.usecases.dropout_states import Step, write_move
from shared.clock import local_date
from shared.db.engine import WriteSession
from shared.ids import new_id
from shared.security import audit
from shared.security.principals import Principal
from shared.security.vault import Vault

ENTRY = "dropout-entry"
"""Purpose under which an entry's names and texts are sealed."""


@dataclass(frozen=True, slots=True)
class Told:
    """An entry as somebody makes it. `words` name people: they are stored sealed. `place`: WGS 84 degrees."""

    kind: Literal["visit", "plan", "lessons"]
    at: datetime
    words: dict[str, Any]
    until: date | None = None
    result: str | None = None
    lessons: int | None = None
    place: tuple[float, float] | None = field(default=None)


async def record_entry(
    session: WriteSession, vault: Vault, who: Principal, row: DropoutRow, told: Told, now: datetime
) -> DropoutEntry:
    """Keep an entry of a locked case. The first visit after somebody went missing begins the persuasion.

    Raises `DropoutOver` where the state takes no such entry, `NotTaughtAtHome`, `DateInFuture`.
    """
    case = row.case
    _require_fitting(row, told, now)
    entry = DropoutEntry(
        id=new_id(),
        case_id=case.id,
        area_code=case.area_code,
        kind=told.kind,
        happened_at=told.at,
        until=told.until,
        result=told.result,
        lessons=told.lessons,
        latitude=told.place[0] if told.place else None,
        longitude=told.place[1] if told.place else None,
        sealed=vault.seal_json(told.words, ENTRY),
        recorded_by=who.id,
        recorded_at=now,
    )
    session.add(entry)
    if told.kind == "visit" and case.state != "persuading":
        require_move(case.state, "persuading", "visit")
        on = max(case.state_since, local_date(told.at))
        write_move(session, vault, case, case.state, "persuading", Step("visit", on, who.id, now, entry.id))
    else:
        case.version += 1
        case.updated_at = now
    await session.flush()
    await audit.record(session, who, "dropout:enter", case.id, area_code=case.area_code, kind=told.kind)
    return entry


def _require_fitting(row: DropoutRow, told: Told, now: datetime) -> None:
    require_past(told.at, now)
    case, on = row.case, local_date(told.at)
    if case.state in FINAL or (told.kind == "visit" and case.state not in OUT):
        raise DropoutOver
    if told.kind == "lessons" and case.state != "home_taught":
        raise NotTaughtAtHome
    if on < case.found_on or (told.until is not None and told.until < on):
        raise DropoutDayOutOfOrder(field="at", first=case.found_on.isoformat(), last=local_date(now).isoformat())

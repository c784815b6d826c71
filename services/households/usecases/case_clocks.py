"""The clocks of national cases as their policies set them, and the days on which they stand still."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from services.households.models import CasePause, MonitoringCase
from services.households.queries import monitoring as find
from services.households.rules.monitoring import clocks as rules
from services.households.rules.monitoring.clocks import Deadline, Pause, Standing
from services.households.rules.monitoring.refusals import (
    CaseOver,
    FastLaneClosed,
    NoPause,
    PauseNotAllowed,
    PauseRuns,
)
from services.households.rules.monitoring.states import ASKED, FINAL, HOLDERS
from shared.clock import local_date
from shared.contracts.case_policies import CaseClocks
from shared.contracts.policies import FeedCalendar
from shared.db.engine import ReadSession, WriteSession
from shared.ids import new_id
from shared.projections.policies import PolicyMissing, find_in_force
from shared.security import audit
from shared.security.principals import Principal
from shared.security.vault import Vault

FAST_LANE = "case-fast-lane"
"""Purpose under which the words on the fast lane are sealed."""


@dataclass(frozen=True, slots=True)
class Timekeeper:
    """The clocks and the calendar in force for an area on a day; `clocks` is None where no policy is."""

    clocks: CaseClocks | None
    calendar: FeedCalendar
    policy_id: UUID | None

    @classmethod
    async def load(cls, session: ReadSession, area_code: str, on: date) -> "Timekeeper":
        """From this service's copy of the policies."""
        clocks, policy_id = await find_in_force(session, "case-clocks", area_code, on, CaseClocks)
        calendar, _ = await find_in_force(session, "feed-calendar", area_code, on, FeedCalendar)
        return cls(clocks, calendar or FeedCalendar(), policy_id)

    def in_force(self) -> tuple[CaseClocks, UUID]:
        """Raises `PolicyMissing`: a decision without its rule is not taken."""
        if self.clocks is None or self.policy_id is None:
            raise PolicyMissing(kind="case-clocks")
        return self.clocks, self.policy_id

    def set(self, case: MonitoringCase, pauses: Sequence[CasePause]) -> None:
        """Set the case's nearest deadline anew; without a policy none runs."""
        case.holder_level = HOLDERS.get(case.state)
        case.due_at = case.clock = case.warn_at = None
        case.policy_id = self.policy_id
        if self.clocks is None:
            return
        found = rules.deadlines(standing(case, pauses), self.clocks, self.calendar)
        if found:
            nearest = found[0]
            case.due_at, case.clock = nearest.due_at, nearest.clock
            case.warn_at = nearest.warn_at(self.clocks.warn_days)
        for one in found:
            if one.clock == "papers":
                case.papers_due_at = one.due_at

    def look_ahead(
        self, case: MonitoringCase, pauses: Sequence[CasePause], now: datetime
    ) -> tuple[list[Deadline], datetime | None]:
        """The deadlines to warn of now, and when to look again: each clock is warned of by itself, before it runs out."""
        if self.clocks is None:
            return [], None
        found = rules.deadlines(standing(case, pauses), self.clocks, self.calendar)
        moments = [(one.warn_at(self.clocks.warn_days), one) for one in found]
        near = [one for at, one in moments if at <= now < one.due_at and (not case.warned_at or at > case.warned_at)]
        return near, min((at for at, _ in moments if at > now), default=None)


def standing(case: MonitoringCase, pauses: Sequence[CasePause]) -> Standing:
    """What the clocks of a case depend on."""
    return Standing(
        case.state,
        local_date(case.opened_at),
        case.state_since,
        case.identified_on,
        case.measure_from,
        local_date(case.fast_lane_at) if case.fast_lane_at and case.papers_done_at is None else None,
        [Pause(one.first, _end(one)) for one in pauses],
    )


def begin_anew(case: MonitoringCase) -> None:
    """Forget that somebody was warned or told: another clock runs now."""
    case.warned_at = case.raised_to = case.escalated_at = None


async def pause_case(
    session: WriteSession, who: Principal, case: MonitoringCase, reason: str, days: int, now: datetime
) -> CasePause:
    """Let the clocks of a locked case stand still from today on; they run again by themselves after `days`."""
    if case.state in FINAL:
        raise CaseOver
    today = local_date(now)
    keeper = await Timekeeper.load(session, case.area_code, today)
    clocks, policy_id = keeper.in_force()
    pauses = [*await find.list_pauses(session, who.scope, case.id)]
    if _running(pauses, today):
        raise PauseRuns
    of_round = [one for one in pauses if one.first >= local_date(case.opened_at)]
    of_reason = [one for one in of_round if one.reason == reason]
    most = min(clocks.pauses.get(reason, 0) - _days(of_reason), clocks.pause_days - _days(of_round))
    if days > most:
        raise PauseNotAllowed(field="days", most=max(most, 0))
    pause = CasePause(
        id=new_id(),
        case_id=case.id,
        area_code=case.area_code,
        reason=reason,
        first=today,
        last=today + timedelta(days=days - 1),
        policy_id=policy_id,
        paused_at=now,
        paused_by=who.id,
    )
    session.add(pause)
    await _reset(session, who, case, keeper, [*pauses, pause], now, "paused", reason=reason, days=days)
    return pause


async def resume_case(session: WriteSession, who: Principal, case: MonitoringCase, now: datetime) -> None:
    """Let the clocks of a locked case run again from today on."""
    today = local_date(now)
    pauses = await find.list_pauses(session, who.scope, case.id)
    running = _running(pauses, today)
    if running is None:
        raise NoPause
    running.ended_on, running.ended_by = today, who.id
    keeper = await Timekeeper.load(session, case.area_code, today)
    await _reset(session, who, case, keeper, pauses, now, "resumed")


async def start_fast_lane(
    session: WriteSession, vault: Vault, who: Principal, case: MonitoringCase, reason: str, note: str, now: datetime
) -> None:
    """Open the fast lane (绿色通道) for a locked case that is not decided: help goes first, the papers come later."""
    if case.state not in ASKED or (case.fast_lane and case.papers_done_at is None):
        raise FastLaneClosed
    keeper = await Timekeeper.load(session, case.area_code, local_date(now))
    keeper.in_force()
    case.fast_lane, case.fast_lane_reason = True, reason
    case.fast_lane_at, case.fast_lane_by, case.papers_done_at = now, who.id, None
    case.fast_lane_sealed = vault.seal(note.encode(), FAST_LANE)
    begin_anew(case)
    pauses = await find.list_pauses(session, who.scope, case.id)
    await _reset(session, who, case, keeper, pauses, now, "fast-lane", reason=reason)


async def _reset(
    session: WriteSession,
    who: Principal,
    case: MonitoringCase,
    keeper: Timekeeper,
    pauses: Sequence[CasePause],
    now: datetime,
    did: str,
    **detail: object,
) -> None:
    keeper.set(case, pauses)
    if case.due_at is not None and case.due_at > now:
        begin_anew(case)
    case.version += 1
    case.updated_at = now
    await audit.record(session, who, "case:clock", case.id, area_code=case.area_code, did=did, **detail)


def _end(pause: CasePause) -> date:
    """Its last day."""
    return pause.last if pause.ended_on is None else min(pause.last, pause.ended_on - timedelta(days=1))


def _days(pauses: Sequence[CasePause]) -> int:
    return sum((_end(one) - one.first).days + 1 for one in pauses)


def _running(pauses: Sequence[CasePause], on: date) -> CasePause | None:
    return next((one for one in pauses if one.first <= on <= _end(one)), None)

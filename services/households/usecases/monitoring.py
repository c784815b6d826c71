"""National cases are opened, and their risks and class are settled."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from services.households.models import CaseEvidence, Household, MonitoringCase, RiskCase
from services.households.queries import monitoring as find
from services.households.queries.monitoring import MonitoringRow
from services.households.queries.notices import find_live_entries
from services.households.queries.register import lock_household
from services.households.rules.desks import DESK_LEVELS
from services.households.rules.monitoring.moving import Brought
from services.households.rules.monitoring.refusals import CaseActive, CaseOver, ClassPublished
from services.households.rules.monitoring.risks import (
    OF_FAMILY,
    ClassContradicts,
    Means,
    RiskReasonRequired,
    RiskStays,
    check_class,
    dropped,
    require_risks,
    with_risk,
)
from services.households.rules.monitoring.states import ASKED, CLOSED, FINAL, Move
from services.households.rules.objections import BACK_TO
from services.households.rules.register import require_lives
from services.households.rules.rounds import half_of
from services.households.usecases.consequences import follow_up
from services.households.usecases.moves import begin_round, show_on_household, write_line, write_opening
from services.households.usecases.quality import audit_households
from shared.clock import local_date
from shared.contracts.monitoring import CaseClass, Source
from shared.db.engine import ReadSession, WriteSession
from shared.ids import new_id
from shared.security import audit
from shared.security.principals import Principal
from shared.security.vault import Vault

REMARK = "case-remark"
"""Purpose under which the words on the risk 99 are sealed."""

_SOURCES: dict[str, Source] = {"household.request": "self_report", "cadre.patrol": "patrol"}
"""Feeds that are not a bureau's own (docs/field.md, Steps: 自主申报, 走访排查, 部门筛查预警)."""


async def open_case(
    session: WriteSession, vault: Vault, who: Principal, household_id: UUID, source: Source, note: str, now: datetime
) -> MonitoringRow:
    """Open a case by hand; raises `CaseActive`. A household whose risk had gone begins a new round by a move."""
    household = await lock_household(session, who.scope, household_id)
    require_lives(household.dissolved_on)
    if await find.find_active(session, household.id) is not None:
        raise CaseActive(field="household_id")
    row = MonitoringRow(new_case(who, household, source, now), household)
    await write_opening(session, vault, who, row, note, now)
    stand_behind(session, who, row.case, source, None, None, now)
    await follow_up(session, vault, who, [household.id], now, income=False)
    return row


async def confirm_risk(
    session: WriteSession, vault: Vault, who: Principal, check: RiskCase, now: datetime
) -> MonitoringCase | None:
    """A check of alerts confirmed a risk: `take_confirmed` for its household, in the verdict's transaction.

    Where the household is unknown, or the check is one of a whole area, which names no household as poor, nothing is
    opened: of an area those on its list that are at risk are told one by one.
    """
    if check.household_id is None or check.area_alert_id is not None:
        return None
    household = await lock_household(session, who.scope, check.household_id)
    if household.dissolved_on is not None:
        return None
    case = await take_confirmed(session, vault, who, household, check, now)
    await audit_households(session, vault, who, [household.id], now)  # the verdict itself ends with the grade
    return case


async def take_confirmed(
    session: WriteSession, vault: Vault, who: Principal, household: Household, check: RiskCase, now: datetime
) -> MonitoringCase:
    """A check found a locked household at risk: it opens its national case, or stands behind the one there is, once.

    What follows for the household is the caller's.
    """
    source = _source(await find.find_feeds(session, check.id))
    case, why = await find.find_active(session, household.id), {"confirmed": {"check": str(check.id)}}
    if case is None:
        case = new_case(who, household, source, now)
        await write_opening(session, vault, who, MonitoringRow(case, household), None, now, why)
    elif await find.has_evidence(session, case.id, check.id):
        return case
    elif case.state in CLOSED:
        await begin_round(session, vault, who, MonitoringRow(case, household), why, now)
    risk = OF_FAMILY.get(check.risk_family)
    case.main_risk, case.risks = with_risk(case.main_risk, case.risks, risk)
    case.version += 1
    case.updated_at = now
    stand_behind(session, who, case, source, check, risk, now)
    show_on_household(case, household)
    return case


async def set_risks(
    session: WriteSession,
    vault: Vault,
    who: Principal,
    row: MonitoringRow,
    main: str,
    risks: Sequence[str],
    remark: str | None,
    reason: str | None,
    now: datetime,
) -> None:
    """Say which risks a locked case is about, up to five with one main; raises `RisksInvalid`, `RemarkRequired`.

    Once the county has decided, only the county says that one of them is none (`RiskStays`), and says why
    (`RiskReasonRequired`), which the history keeps. Help is owed for each.
    """
    require_risks(main, risks, remark)
    case = row.case
    _require_open(case)
    before = list(case.risks)
    if case.state not in ASKED and dropped(before, risks):
        if DESK_LEVELS.get(who.role) != "county":
            raise RiskStays(field="risks")
        if reason is None:
            raise RiskReasonRequired(field="reason")
        stays = Move(case.state, case.state, ("county",))
        line = write_line(session, vault, who, case, stays, Brought(note=reason), local_date(now), now)
        line.evidence = {"risks": {"from": before, "to": list(risks)}}
    case.main_risk, case.risks = main, list(risks)
    case.remark_sealed = vault.seal(remark.encode(), REMARK) if remark else None
    await _changed(session, vault, who, row, now, "risks", risks_from=before, risks_to=list(risks))


async def set_class(
    session: WriteSession, vault: Vault, who: Principal, row: MonitoringRow, wanted: CaseClass, now: datetime
) -> list[str]:
    """Settle the class of a locked case; raises `ClassContradicts`. Returns what could not be checked, as codes.

    While a notice says one class, another would be decided than was published: `ClassPublished`.
    """
    _require_open(row.case)
    if wanted != row.case.monitoring_class and await _is_published(session, row.case):
        raise ClassPublished(field="class")
    against, unknown = check_class(wanted, await means_of(session, row.household))
    if against:
        raise ClassContradicts(against)
    before, row.case.monitoring_class = row.case.monitoring_class, wanted
    await _changed(session, vault, who, row, now, "class", class_from=before, class_to=wanted)
    return unknown


async def means_of(session: ReadSession, household: Household) -> Means:
    """What the class is judged by: where it comes from, and its income against the line, once it was computed."""
    summary = await find.find_income(session, household.id)
    if summary is None:
        return Means(household.household_class)
    return Means(household.household_class, summary.reference_per_head, summary.line)


async def _is_published(session: ReadSession, case: MonitoringCase) -> bool:
    """Whether it stands on a notice that counts, and is not decided yet."""
    kind = half_of(case.state)
    return case.state in BACK_TO and bool(await find_live_entries(session, [case.id], kind))


def _require_open(case: MonitoringCase) -> None:
    if case.state in FINAL:
        raise CaseOver


async def _changed(
    session: WriteSession, vault: Vault, who: Principal, row: MonitoringRow, now: datetime, what: str, **detail: object
) -> None:
    row.case.version += 1
    row.case.updated_at = now
    show_on_household(row.case, row.household)
    await audit.record(session, who, "case:write", row.case.id, area_code=row.case.area_code, fields=[what], **detail)
    await follow_up(session, vault, who, [row.household.id], now, income=False)


def new_case(who: Principal, household: Household, source: Source, now: datetime) -> MonitoringCase:
    """A clue, not on record yet: `write_opening` puts it there."""
    return MonitoringCase(
        id=new_id(),
        household_id=household.id,
        area_code=household.area_code,
        state="clue",
        round=1,
        risks=[],
        source=source,
        opened_at=now,
        opened_by=who.id,
        state_since=local_date(now),
        fast_lane=False,
        version=1,
        updated_at=now,
    )


def _source(feeds: set[str]) -> Source:
    return next((_SOURCES[feed] for feed in sorted(feeds) if feed in _SOURCES), "bureau")


def stand_behind(
    session: WriteSession,
    who: Principal,
    case: MonitoringCase,
    source: Source,
    check: RiskCase | None,
    risk: str | None,
    now: datetime,
) -> None:
    """Keep what stands behind a case: a check that confirmed a risk, or where the clue came from."""
    session.add(
        CaseEvidence(
            id=new_id(),
            case_id=case.id,
            area_code=case.area_code,
            round=case.round,
            source=source,
            risk_case_id=check and check.id,
            risk=risk,
            added_at=now,
            added_by=who.id,
            area_family=check.risk_family if check and check.area_alert_id else None,
        )
    )

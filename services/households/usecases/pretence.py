"""Looks for pretence (形式主义线索): at each visit and photo as it comes, and at lists in the night."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Self
from uuid import UUID

import orjson
from sqlalchemy.dialects.postgresql import insert

from services.households import events
from services.households.models import PretenceFinding, Visit, VisitPhoto
from services.households.queries import pretence as find
from services.households.rules import pretence as rules
from services.households.rules.positions import Position
from services.households.rules.pretence import Seen, Stop, Suspicion, Told
from services.households.rules.visits import PretenceAnswered
from shared.clock import CHINA, local_date
from shared.contracts.visit_policies import PretenceDetectors
from shared.db.engine import WriteSession
from shared.ids import new_id
from shared.outbox import emit
from shared.projections.policies import InForce, load_in_force
from shared.security import audit
from shared.security.principals import Principal
from shared.security.vault import CannotOpen, Vault

DETECTORS = "pretence-detectors"
ANSWER, ORIGIN = "pretence-answer", "photo-origin"
"""Purposes under which the village's words, and when and where a photo was taken, are sealed."""
LOOK_BACK = timedelta(days=3)
"""Nights that may have been missed and are made up for."""
MOST_LISTED_HOURS = timedelta(hours=720)


Detectors = InForce[PretenceDetectors]
"""The limits in force; nobody looks where there are none."""


async def load_detectors(session: WriteSession, now: datetime) -> Detectors:
    """As this service knows them now."""
    return await load_in_force(session, DETECTORS, local_date(now), PretenceDetectors)


@dataclass(frozen=True, slots=True)
class About:
    """What a finding is about."""

    area_code: str
    household_id: UUID | None = None
    visit_id: UUID | None = None
    case_id: UUID | None = None

    @classmethod
    def visit(cls, visit: Visit) -> Self:
        """One visit."""
        return cls(visit.area_code, visit.household_id, visit.id, visit.case_id)


async def look_at_visit(
    session: WriteSession,
    vault: Vault,
    who: Principal,
    visit: Visit,
    text: str | None,
    detectors: Detectors,
    now: datetime,
) -> None:
    """Compare a new visit, or a word that nothing has changed, with what is in its visitor's sight: words, pace, place.
    Nothing of it holds the visit up."""
    limits, policy_id = detectors.find(visit.area_code)
    if limits is None or policy_id is None:
        return
    seen = [
        await _copied_text(session, vault, who, visit, text, limits),
        *await _places(session, who, visit, limits),
    ]
    await _keep(session, [(one, About.visit(visit)) for one in seen if one], policy_id, now)


async def _copied_text(
    session: WriteSession, vault: Vault, who: Principal, visit: Visit, text: str | None, limits: PretenceDetectors
) -> Suspicion | None:
    copied = limits.copied_text
    if copied is None or text is None or len(text) < copied.least_characters:
        return None
    since = visit.visited_at - timedelta(days=copied.days)
    rows = await find.find_texts(session, who.scope, visit, since, copied.compare_last)
    others = [Told(id_, words) for id_, sealed in rows if (words := _words(vault, sealed))]
    return rules.copied_text(visit.id, text, others, copied)


async def _places(
    session: WriteSession, who: Principal, visit: Visit, limits: PretenceDetectors
) -> list[Suspicion | None]:
    if visit.latitude is None:
        return []
    here, seen = Stop(visit.id, visit.visited_at, find.position_of(visit)), []
    if limits.pace is not None:
        for other in await find.find_neighbours(session, who.scope, visit):
            seen.append(rules.pace(here, other, limits.pace, limits.default_accuracy_m))
    if limits.place is not None:
        household = await find.find_positions_of_household(session, who.scope, visit)
        enough = len(household) >= limits.place.least_of_household
        village = [] if enough else await find.find_positions_of_village(session, who.scope, visit)
        seen.append(rules.out_of_place(here, household, village, limits.place, limits.default_accuracy_m))
    return seen


async def look_at_photo(
    session: WriteSession, who: Principal, photo: VisitPhoto, visit: Visit, origin: dict[str, Any], now: datetime
) -> None:
    """Compare a new photo with those of other households in its sender's sight, and with when and where its visit was."""
    limits, policy_id = (await load_detectors(session, now)).find(visit.area_code)
    if limits is None or policy_id is None:
        return
    seen: list[Suspicion | None] = []
    if limits.same_photo is not None:
        since = now - timedelta(days=limits.same_photo.days)
        others = await find.find_photos(session, who.scope, photo, visit, since)
        seen.append(rules.same_photo(Seen(photo.id, photo.digest, photo.likeness), others, limits.same_photo))
    if limits.photo_origin is not None:
        taken_at = origin.get("taken_at")
        position = origin.get("position")
        taken = (datetime.fromisoformat(taken_at) if taken_at else None, Position(*position) if position else None)
        made = (visit.visited_at, None if visit.latitude is None else find.position_of(visit))
        seen.append(rules.photo_origin(photo.id, taken, made, limits.photo_origin, limits.default_accuracy_m))
    await _keep(session, [(one, About.visit(visit)) for one in seen if one], policy_id, now)


async def look_at_lists(session: WriteSession, now: datetime) -> int:
    """What only shows in many cases, or across villages; returns how many findings are new. May be done again."""
    detectors = await load_detectors(session, now)
    return (
        await _echoes(session, detectors, now)
        + await _returns(session, detectors, now)
        + await _back_again(session, detectors, now)
        + await _repeated_photos(session, detectors, now)
    )


async def _echoes(session: WriteSession, detectors: Detectors, now: datetime) -> int:
    """Lists whose time for an answer at once is over; each is looked at while `LOOK_BACK` lasts."""
    today = datetime.combine(local_date(now), datetime.min.time(), CHINA)
    answers = await find.list_answers(session, today - MOST_LISTED_HOURS - LOOK_BACK, today)
    new = 0
    for (area_code, day), listed in answers.items():
        limits, policy_id = detectors.find(area_code)
        if limits is None or policy_id is None or limits.echo is None:
            continue
        over = datetime.fromisoformat(f"{day}T00:00:00+08:00") + timedelta(days=1, hours=limits.echo.hours)
        if over <= now < over + LOOK_BACK and (seen := rules.echo(f"{area_code}:{day}", listed, limits.echo)):
            new += await _keep(session, [(seen, About(area_code))], policy_id, now)
    return new


async def _returns(session: WriteSession, detectors: Detectors, now: datetime) -> int:
    new = 0
    for one in await find.list_returns(session, now - LOOK_BACK):
        limits, policy_id = detectors.find(one.area_code)
        if limits is None or policy_id is None or limits.reopened is None:
            continue
        if seen := rules.reopened(one.earlier, one.later, limits.reopened):
            about = About(one.area_code, one.household_id, case_id=one.later.case_id)
            new += await _keep(session, [(seen, about)], policy_id, now)
    return new


async def _back_again(session: WriteSession, detectors: Detectors, now: datetime) -> int:
    new = 0
    for household_id, area_code, case in await find.list_back_again(session, now - LOOK_BACK):
        limits, policy_id = detectors.find(area_code)
        if limits is None or policy_id is None or limits.reopened is None:
            continue
        if seen := rules.back_again(case, limits.reopened):
            about = About(area_code, household_id, case_id=case.case_id)
            new += await _keep(session, [(seen, about)], policy_id, now)
    return new


async def _repeated_photos(session: WriteSession, detectors: Detectors, now: datetime) -> int:
    new = 0
    for photo, visit, other in await find.list_repeated_photos(session, now - LOOK_BACK):
        limits, policy_id = detectors.find(visit.area_code)
        if limits is None or policy_id is None or limits.same_photo is None:
            continue
        if seen := rules.same_photo(Seen(photo.id, photo.digest, photo.likeness), [other], limits.same_photo):
            new += await _keep(session, [(seen, About.visit(visit))], policy_id, now)
    return new


async def answer_finding(
    session: WriteSession,
    vault: Vault,
    who: Principal,
    finding_id: UUID,
    answer: str,
    text: str | None,
    now: datetime,
) -> PretenceFinding:
    """Say what was behind it, once. The same again changes nothing. Raises `PretenceNotFound`, `PretenceAnswered`."""
    finding = await find.lock_finding(session, who.scope, finding_id)
    if finding.answer is not None:
        said = finding.answer_sealed and vault.open(finding.answer_sealed, ANSWER).decode()
        if (finding.answer, said, finding.answered_by) != (answer, text, who.id):
            raise PretenceAnswered
        return finding
    finding.answer, finding.answered_by, finding.answered_at = answer, who.id, now
    finding.answer_sealed = vault.seal(text.encode(), ANSWER) if text else None
    await audit.record(session, who, "pretence:answer", finding.id, area_code=finding.area_code, answer=answer)
    return finding


async def _keep(session: WriteSession, seen: Sequence[tuple[Suspicion, About]], policy_id: UUID, now: datetime) -> int:
    """Store what is new and tell of it; what was found before stays as it was found."""
    new = 0
    for one, about in seen:
        values = {
            "id": new_id(),
            "key": one.key,
            "kind": one.kind,
            "area_code": about.area_code,
            "household_id": about.household_id,
            "visit_id": about.visit_id,
            "case_id": about.case_id,
            "detail": orjson.loads(orjson.dumps({"values": one.values, "limits": one.limits}, default=str)),
            "policy_id": policy_id,
            "found_at": now,
        }
        statement = insert(PretenceFinding).values(values).on_conflict_do_nothing().returning(PretenceFinding.id)
        if await session.scalar(statement) is not None:
            await emit(session, events.pretence_suspected(values))
            new += 1
    return new


def _words(vault: Vault, sealed: bytes) -> str | None:
    """The findings of a visit; None where there are none, or the row is damaged."""
    try:
        words = vault.open_json(sealed, "visit").get("findings")
    except CannotOpen:
        return None
    return words if isinstance(words, str) else None

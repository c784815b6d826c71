"""Visits (入户走访): made for a task or for a household, by one person or two, or "nothing has changed" in one call."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Self
from uuid import UUID

import orjson
from sqlalchemy.dialects.postgresql import insert

from services.households.models import Household, Visit, VisitKind
from services.households.queries.register import get_household
from services.households.queries.tasks import get_task
from services.households.queries.verdicts import find_live
from services.households.queries.visits import lock_visit
from services.households.rules import tasks, visits
from services.households.rules.positions import Position
from services.households.rules.pretence import normal_text
from services.households.rules.triage import Alerted
from services.households.usecases import visit_findings
from services.households.usecases.grading import regrade
from services.households.usecases.pretence import Detectors, load_detectors, look_at_visit
from services.households.usecases.visit_findings import FieldFound
from shared.clock import local_date
from shared.contracts.visit_policies import VisitRules
from shared.db.engine import WriteSession
from shared.errors import DomainError
from shared.projections.policies import InForce, load_in_force
from shared.security import audit
from shared.security.principals import Principal
from shared.security.vault import Vault

VISIT = "visit"
"""Purpose under which the texts are sealed."""
VISIT_RULES = "visit-rules"


@dataclass(frozen=True, slots=True)
class VisitNote:
    """One visit as the visitor tells it. Texts and fields name people: they are stored sealed.

    `apply`: put what differs from the register into it, in the same call.
    """

    id: UUID
    visited_at: datetime
    position: Position | None
    place_text: str | None = None
    with_whom: str | None = None
    findings: str | None = None
    met: tuple[UUID, ...] = ()
    fields: tuple[FieldFound, ...] = ()
    apply: bool = False
    kind: VisitKind = "visit"

    def texts(self) -> dict[str, str | None]:
        """What is sealed in words."""
        return {"place": self.place_text, "with_whom": self.with_whom, "findings": self.findings}

    def content_key(self, vault: Vault, about: UUID) -> str:
        """Equal for a repetition, different for another visit; tells nothing of the content."""
        position = self.position and [self.position.latitude, self.position.longitude, self.position.accuracy_m]
        content: list[Any] = [about, self.visited_at.timestamp(), position, self.texts()]
        if self.met or self.fields or self.kind != "visit":  # else as it was before there were these
            content += [self.kind, self.met, [one.plain() for one in self.fields], self.apply]
        return vault.index(orjson.dumps(content, default=str).decode(), "visit-content")

    def text_key(self, vault: Vault) -> str | None:
        """Equal for the same words, however they are spaced; None where there are none."""
        words = normal_text(self.findings or "")
        return vault.index(words, "visit-text") if words else None


@dataclass(frozen=True, slots=True)
class About:
    """What a visit was made for: a task, or a household without one."""

    task_id: UUID | None = None
    household_id: UUID | None = None

    @property
    def id(self) -> UUID:
        """Of whichever it is."""
        found = self.task_id or self.household_id
        assert found is not None
        return found


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one visit of many."""

    visit_id: UUID
    outcome: Literal["recorded", "repeated", "refused"]
    refusal: DomainError | None = None


@dataclass(frozen=True, slots=True)
class _Subject:
    """Whom the visit was made to."""

    task_id: UUID | None
    case_id: UUID | None
    household: Household | None
    area_code: str
    alerts: Sequence[Alerted]

    @property
    def household_id(self) -> UUID | None:
        """The household, where the register knows it."""
        return self.household.id if self.household else None


@dataclass(frozen=True, slots=True)
class Recording:
    """Keeps visits, with the policies in force loaded once for all of them."""

    session: WriteSession
    vault: Vault
    who: Principal
    now: datetime
    rules: InForce[VisitRules]
    detectors: Detectors

    @classmethod
    async def begin(cls, session: WriteSession, vault: Vault, who: Principal, now: datetime) -> Self:
        """Load what is needed."""
        rules = await load_in_force(session, VISIT_RULES, local_date(now), VisitRules)
        return cls(session, vault, who, now, rules, await load_detectors(session, now))

    async def record(self, about: About, told: VisitNote) -> tuple[Visit, bool]:
        """Keep the visit; the bool says whether it is new. A task that is closed takes visits too: phones are late."""
        subject = await self._subject(about)
        tasks.require_past(told.visited_at, self.now)
        content_key = told.content_key(self.vault, about.id)
        known = await self.session.get(Visit, told.id)
        if known is not None:
            return _same(known, content_key), False
        compared = await visit_findings.compare(self.session, self.vault, self.who, subject.household_id, told.fields)
        await self._require_members(subject, told)
        record = {**told.texts(), "met": told.met, "fields": [one.record(applied=told.apply) for one in compared]}
        values = self._values(subject, told, orjson.loads(orjson.dumps(record, default=str)))
        # The insert decides, not the look beforehand: a phone may send twice at the same moment.
        statement = insert(Visit).values({**values, "content_key": content_key})
        inserted = await self.session.scalar(statement.on_conflict_do_nothing().returning(Visit.id))
        visit = _same(await self.session.get(Visit, told.id), content_key)
        if inserted is None:
            return visit, False
        await audit.record(self.session, self.who, "visit:record", visit.id, area_code=visit.area_code, kind=visit.kind)
        if told.apply and subject.household_id is not None:
            await visit_findings.apply(self.session, self.vault, self.who, subject.household_id, compared, self.now)
        await look_at_visit(self.session, self.vault, self.who, visit, told.findings, self.detectors, self.now)
        if subject.household_id is not None:
            await regrade(self.session, [subject.household_id], self.now, by=self.who.id)
        return visit, True

    async def _subject(self, about: About) -> _Subject:
        if about.task_id is not None:
            row = await get_task(self.session, self.who.scope, about.task_id)
            live = (await find_live(self.session, self.who.scope, [row.case.id])).get(row.case.id, [])
            alerts = [one.alerted for one in live]
            return _Subject(row.task.id, row.case.id, row.household, row.case.area_code, alerts)
        household = await get_household(self.session, self.who.scope, about.id)
        return _Subject(None, None, household, household.area_code, ())

    async def _require_members(self, subject: _Subject, told: VisitNote) -> None:
        """Whom they met by id live in the household; anybody else is named in words."""
        people = tuple(FieldFound(member, "name", None) for member in told.met)
        await visit_findings.compare(self.session, self.vault, self.who, subject.household_id, people)

    def _values(self, subject: _Subject, told: VisitNote, record: dict[str, Any]) -> dict[str, Any]:
        policy, policy_id = self.rules.find(subject.area_code)
        grade = subject.household.grade if subject.household else None
        needed = told.kind == "visit" and visits.needs_two(policy, subject.alerts, verdict=None, grade=grade)
        return {
            "id": told.id,
            "kind": told.kind,
            "task_id": subject.task_id,
            "case_id": subject.case_id,
            "household_id": subject.household_id,
            "area_code": subject.area_code,
            "visited_at": told.visited_at,
            "latitude": told.position and told.position.latitude,
            "longitude": told.position and told.position.longitude,
            "accuracy_m": told.position and told.position.accuracy_m,
            "sealed": self.vault.seal_json(record, VISIT),
            "text_key": told.text_key(self.vault),
            "visited_by": self.who.id,
            "recorded_at": self.now,
            "second_needed": needed,
            "policy_id": policy_id if needed else None,
        }


async def record_visit(
    session: WriteSession, vault: Vault, who: Principal, about: About, told: VisitNote, now: datetime
) -> tuple[Visit, bool]:
    """Keep one visit; the bool says whether it is new."""
    return await (await Recording.begin(session, vault, who, now)).record(about, told)


async def record_visits(
    session: WriteSession, vault: Vault, who: Principal, told: Sequence[tuple[About, VisitNote]], now: datetime
) -> list[Outcome]:
    """What a phone gathered without signal: what is right with one is kept, whatever is wrong with another."""
    recording = await Recording.begin(session, vault, who, now)
    return [await _try(recording, about, note) for about, note in told]


async def _try(recording: Recording, about: About, note: VisitNote) -> Outcome:
    try:
        async with recording.session.begin_nested():
            _, new = await recording.record(about, note)
    except DomainError as refusal:
        return Outcome(note.id, "refused", refusal)
    return Outcome(note.id, "recorded" if new else "repeated")


async def confirm_visit(session: WriteSession, who: Principal, visit_id: UUID, now: datetime) -> Visit:
    """A second visitor says that they were there too. The same again changes nothing.

    Raises `VisitNotFound`, `OwnVisit`, `VisitConfirmed`.
    """
    visit = await lock_visit(session, who.scope, visit_id)
    if visits.require_other(visit.visited_by, visit.second_by, who.id):
        visit.second_by, visit.second_at = who.id, now
        await audit.record(session, who, "visit:confirm", visit.id, area_code=visit.area_code)
    return visit


def _same(visit: Visit | None, content_key: str) -> Visit:
    """The visit under that id. Raises `VisitIdReused` when it is another, or out of sight."""
    if visit is None or visit.content_key != content_key:
        raise tasks.VisitIdReused(field="id")
    return visit

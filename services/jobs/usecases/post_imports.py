"""Many posts from one file: by the same rules as one, all in one transaction."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from services.jobs.models import Employer, Post
from services.jobs.queries import employers
from services.jobs.queries.placements import count_born_after, count_promised_of
from services.jobs.queries.posts import lock_by_ref
from services.jobs.rules.ages import born_after
from services.jobs.rules.employers import same_of
from services.jobs.rules.post_imports import TOLD, ImportedPost, Outcome, outcome_of
from services.jobs.rules.posts import county_of, require_no_minors, require_room
from services.jobs.usecases.post_rules import require_keeper
from services.jobs.usecases.posts import apply_terms, make_post, require_offer
from shared.clock import local_date
from shared.contracts.jobs_posts_policies import PostRules
from shared.db.engine import WriteSession
from shared.errors import DomainError, Fault
from shared.ids import new_id
from shared.security import audit
from shared.security.principals import Principal


@dataclass(slots=True)
class PostImport:
    """One file. Two at once would not see each other's posts, so they queue."""

    who: Principal
    now: datetime
    dry_run: bool
    outcomes: Counter[Outcome] = field(default_factory=Counter)
    new_employers: list[Employer] = field(default_factory=list)
    new_posts: list[Post] = field(default_factory=list)
    faults: list[tuple[int, Fault]] = field(default_factory=list)
    _employers: dict[str, list[Employer]] = field(default_factory=dict)  # by code and by name
    _seen: set[tuple[UUID, str]] = field(default_factory=set)
    _promised: dict[UUID, int] = field(default_factory=dict)
    _minors: dict[UUID, int] = field(default_factory=dict)  # at work at each post

    async def take(self, session: WriteSession, rows: Sequence[ImportedPost]) -> None:
        """Take every row without a fault; an employer that is not registered is entered. A dry run writes nothing.

        A post is found again by the employer's own number: the same row again changes nothing. What was closed stays so.
        """
        await employers.lock_register(session)
        county = county_of(self.who.scope)
        rules, policy_id = await require_keeper(session, self.who, county, self.now)
        codes, names = {row.credit_code for row in rows if row.credit_code}, {row.employer for row in rows}
        known = await employers.list_alike(session, county, codes, names)
        for one in known:
            self._remember(one)
        registered = {one.id for one in known}
        await employers.hold(session, registered)
        posts = await lock_by_ref(session, registered)
        ids = [one.id for one in posts.values()]
        self._promised = await count_promised_of(session, ids)
        self._minors = await count_born_after(session, ids, born_after(local_date(self.now), rules.full_age))
        for row in rows:
            self._decide(row, county, rules, policy_id, posts)
        if not self.dry_run:
            for new in (self.new_employers, self.new_posts):
                session.add_all(new)
                await session.flush()
        counts: dict[str, Any] = dict(self.outcomes.items())
        await audit.record(session, self.who, "post:import", "import", area_code=county, dry_run=self.dry_run, **counts)

    def _decide(
        self, row: ImportedPost, county: str, rules: PostRules, policy_id: UUID, posts: dict[tuple[UUID, str], Post]
    ) -> None:
        """What is new gathers to be added; a post that is known is changed in place."""
        alike = [*self._employers.get(row.credit_code or "", ()), *self._employers.get(row.employer, ())]
        known_employer = same_of(alike, row.credit_code, row.employer)
        employer = known_employer or self._new_employer(row, county)
        if (employer.id, row.ref) in self._seen:
            self.faults.append((row.row, Fault("ref", "post-row-twice")))
            return
        self._seen.add((employer.id, row.ref))
        known = posts.get((employer.id, row.ref))
        outcome = outcome_of(row.terms, _columns(known) if known else None)
        if outcome != "unchanged" and not self._may(row, employer, known, rules):
            return
        self.outcomes[outcome] += 1
        if known_employer is None:
            self._remember(employer)
            self.new_employers.append(employer)
        if known is None:
            post = make_post(employer, row.ref, row.terms, policy_id, self.who, self.now, source="file")
            self.new_posts.append(post)
        elif outcome == "changed" and not self.dry_run:
            terms = replace(row.terms, health_limits=tuple(known.health_limits))
            apply_terms(known, terms, policy_id, self.now, promised=self._promised.get(known.id, 0))

    def _may(self, row: ImportedPost, employer: Employer, known: Post | None, rules: PostRules) -> bool:
        try:
            require_offer(employer, row.terms, rules, self.now)
            if known is not None:
                require_no_minors(row.terms, rules, self._minors.get(known.id, 0))
                require_room(known, row.terms.openings, promised=self._promised.get(known.id, 0))
        except DomainError as refusal:
            self.faults += [(row.row, fault) for fault in refusal.faults]
            return False
        return True

    def _remember(self, employer: Employer) -> None:
        for mark in filter(None, (employer.credit_code, employer.name)):
            self._employers.setdefault(mark, []).append(employer)

    def _new_employer(self, row: ImportedPost, county: str) -> Employer:
        return Employer(
            id=new_id(),
            county=county,
            credit_code=row.credit_code,
            name=row.employer,
            kind=row.employer_kind,
            version=1,
            recorded_by=self.who.id,
            recorded_at=self.now,
            changed_at=self.now,
        )


def _columns(post: Post) -> dict[str, Any]:
    return {name: getattr(post, name) for name in TOLD}

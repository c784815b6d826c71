"""Employers and posts as one reader sees them. Supervisors and bureaus that keep no posts see no contact, no free text."""

from services.jobs.api.reader import Reader
from services.jobs.models import Blacklisting, Employer, PostState
from services.jobs.queries.posts import PostRow
from services.jobs.schemas.employers import BlacklistingView, EmployerBrief, EmployerView
from services.jobs.schemas.posts import PostView
from services.jobs.usecases.employers import BLACKLIST_DETAIL, CONTACT, PHONE
from shared.masking import mask_phone


def employer_brief(employer: Employer) -> EmployerBrief:
    """An employer, beside its posts."""
    return EmployerBrief(
        id=employer.id,
        name=employer.name,
        credit_code=employer.credit_code,
        blacklisted=employer.blacklisted_reason is not None,
    )


def employer_view(employer: Employer, reader: Reader, *, clear: bool = True) -> EmployerView:
    """One employer. `clear`: `usecases.post_rules.sees_contacts`; whoever keeps employers does."""
    phone = reader.vault.open(employer.phone_sealed, PHONE).decode() if employer.phone_sealed else None
    return EmployerView(
        **dict(employer_brief(employer)),
        kind=reader.coded("employer_kind", employer.kind),
        area_code=employer.area_code,
        contact=_text(reader, employer.contact_sealed, CONTACT, clear),
        phone=phone if clear or phone is None else mask_phone(phone),
        blacklisted_reason=reader.coded("blacklist_reason", employer.blacklisted_reason),
        blacklisted_at=employer.blacklisted_at,
        changed_at=employer.changed_at,
    )


def blacklisting_view(one: Blacklisting, reader: Reader, *, clear: bool) -> BlacklistingView:
    """One time on the blacklist."""
    return BlacklistingView(
        reason=reader.coded("blacklist_reason", one.reason),
        detail=_text(reader, one.detail_sealed, BLACKLIST_DETAIL, clear),
        closed_posts=one.closed_posts,
        began_at=one.began_at,
        began_by=one.began_by,
        ended_at=one.ended_at,
        ended_by=one.ended_by,
        end_detail=_text(reader, one.end_detail_sealed, BLACKLIST_DETAIL, clear),
    )


def post_view(row: PostRow, reader: Reader) -> PostView:
    """One post."""
    post = row.post
    return PostView(
        id=post.id,
        employer=employer_brief(row.employer),
        ref=post.ref,
        trade=reader.coded("trade", post.trade),
        title=post.title,
        place=post.place,
        openings=post.openings,
        filled=post.filled,
        reserved=post.reserved,
        free=post.free,
        pay_low=post.pay_low,
        pay_high=post.pay_high,
        lodging=post.lodging,
        shift=reader.coded("shift", post.shift),
        hazardous=post.hazardous,
        physical_demand=reader.coded("physical_demand", post.physical_demand),
        age_low=post.age_low,
        age_high=post.age_high,
        age_reason=post.age_reason,
        sex=reader.coded("sex", post.sex),
        sex_reason=post.sex_reason,
        certificates=reader.coded_all("trade", post.certificates),
        health_limits=reader.coded_all("health", post.health_limits),
        until_on=post.until_on,
        state=PostState(post.state),
        state_text=reader.code("post_state", post.state),
        closed_reason=reader.coded("post_closed_reason", post.closed_reason),
        closed_at=post.closed_at,
        policy_id=post.policy_id,
        source=post.source,
        recorded_at=post.recorded_at,
        changed_at=post.changed_at,
    )


def _text(reader: Reader, sealed: bytes | None, purpose: str, clear: bool) -> str | None:
    return reader.vault.open(sealed, purpose).decode() if sealed and clear else None

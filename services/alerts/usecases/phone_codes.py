"""A code proves that a phone is in somebody's hand. It is sent by an event, kept as a keyed hash, and tried a few times."""

import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.alerts import events
from services.alerts.queries import self_reports as queries
from services.alerts.rules.self_reports import CODE_DIGITS, normalise_phone, require_room, span_end
from shared.areas import CODE_LENGTH
from shared.clock import local_date
from shared.contracts.policies import Limit, SelfReporting
from shared.db.engine import ReadSession, WriteSession
from shared.ids import new_id
from shared.outbox import emit
from shared.projections import policies
from shared.security.vault import Vault

PURPOSE = "phone-code"
KEPT = timedelta(days=1)
_NO_CODE = bytes(32)
_EVERYWHERE = "0" * CODE_LENGTH


@dataclass(frozen=True, slots=True)
class Proof:
    """A phone that was proved by its code."""

    phone: str
    phone_key: str
    code_hash: bytes


async def issue_code(session: WriteSession, typed: str, address: str, vault: Vault, now: datetime) -> timedelta:
    """Send a phone a new code; for how long it is good. The answer is the same for every phone.

    Raises `PhoneInvalid`, `TooOften`, `PolicyMissing`.
    """
    phone = normalise_phone(typed)
    policy = await _policy(session, now)
    phone_key = vault.index(phone, "phone")
    await _count(session, "code-phone", phone_key, policy.codes_per_phone, now)
    await _count(session, "code-address", vault.index(address, "address"), policy.codes_per_address, now)
    await _count(session, "code", "", policy.codes_overall, now)
    code = f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}}"
    good_for = timedelta(minutes=policy.code_minutes)
    await queries.keep_code(session, phone_key, _hash(phone_key, code, vault), policy.tries, now + good_for)
    sealed = vault.seal_json({"phone": phone, "code": code}, PURPOSE)
    await emit(session, events.phone_code_issued(new_id(), sealed, now + good_for))
    return good_for


async def try_code(
    session: WriteSession, typed: str, code: str, address: str, vault: Vault, now: datetime
) -> Proof | None:
    """Use up one try of the phone's code; None when it is wrong, expired, tried out or was never sent.

    Whoever calls commits first and refuses then: a refusal that rolled back would give the try back. Raises
    `PhoneInvalid` and `TooOften`.
    """
    phone = normalise_phone(typed)
    policy = await _policy(session, now)
    await _count(session, "try-address", vault.index(address, "address"), policy.tries_per_address, now)
    phone_key = vault.index(phone, "phone")
    kept = await queries.try_code(session, phone_key, now)
    given = _hash(phone_key, code, vault)
    return Proof(phone, phone_key, given) if hmac.compare_digest(kept or _NO_CODE, given) else None


async def forget_codes(session: WriteSession, now: datetime) -> None:
    """Delete codes and counts that are over."""
    await queries.forget_codes(session, now - KEPT)


async def _count(session: WriteSession, what: str, who: str, limits: Sequence[Limit], now: datetime) -> None:
    for limit in limits:
        ends_at = span_end(now, limit.minutes)
        count = await queries.count_use(session, f"{what}-{limit.minutes}", who, ends_at)
        require_room(count, limit.count, ends_at, now)


async def _policy(session: ReadSession, now: datetime) -> SelfReporting:
    return (await policies.in_force(session, "self-report", _EVERYWHERE, local_date(now), SelfReporting))[0]


def _hash(phone_key: str, code: str, vault: Vault) -> bytes:
    """Keyed, and bound to the phone: whoever reads the table can neither try codes out nor move one."""
    return vault.fingerprint(f"{phone_key}:{code}".encode(), PURPOSE)

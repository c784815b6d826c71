"""Personal data in clear, for one person at a time and with a reason."""

from uuid import UUID

from services.jobs.queries import people
from services.jobs.usecases.sealing import ID_NUMBER, PHONE
from shared.db.engine import WriteSession
from shared.security import audit
from shared.security.principals import Principal
from shared.security.vault import Vault


async def reveal_person(
    session: WriteSession, vault: Vault, who: Principal, person_id: UUID, reason: str
) -> tuple[str, str | None]:
    """ID number and phone. Raises `PersonNotFound`."""
    person = await people.get_person(session, who.scope, person_id)
    await audit.record(session, who, "person:reveal", person_id, area_code=person.area_code, reason=reason)
    phone = vault.open(person.phone_sealed, PHONE).decode() if person.phone_sealed else None
    return vault.open(person.id_number_sealed, ID_NUMBER).decode(), phone

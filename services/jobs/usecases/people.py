"""The copy of the labour force, kept by events of the households service alone."""

import base64
from collections.abc import Sequence
from datetime import date, datetime

from services.jobs.queries import people_bulk
from services.jobs.queries.people_bulk import PersonRow
from services.jobs.usecases.asked_needs import open_waiting
from services.jobs.usecases.sealing import FACTS
from shared.contracts.grades import GradesChanged
from shared.contracts.labour import LabourChanged, LabourRecord
from shared.db.engine import WriteSession
from shared.ids import new_id
from shared.security.vault import Vault


async def take_people(session: WriteSession, vault: Vault, changed: Sequence[LabourChanged], now: datetime) -> None:
    """Keep the newest record of each person; needs that waited for them are opened."""
    rows = [_row(vault, record) for event in changed for record in event.people]
    gone = [record for event in changed for record in event.gone]
    await people_bulk.lock_people(session, {row[1] for row in rows} | {record.person_key for record in gone})
    if rows:
        await people_bulk.upsert_people(session, rows)
        await open_waiting(session, {row[2] for row in rows}, now)
    if gone:
        await people_bulk.mark_gone(session, gone)


async def take_grades(session: WriteSession, changed: Sequence[GradesChanged]) -> None:
    """Households whose grade changed: so it did for their people."""
    await people_bulk.write_grades(session, [record for event in changed for record in event.households])


def _row(vault: Vault, one: LabourRecord) -> PersonRow:
    """As `people_bulk.COLUMNS`."""
    facts = vault.open_json(base64.b64decode(one.facts_sealed), FACTS)
    return (
        *(new_id(), one.person_key, one.household_id, one.area_code, one.active, one.household_class),
        *(
            one.relation,
            one.sex,
            date.fromisoformat(facts["birth_on"]),
            one.education,
            one.pupil,
            one.school_stage,
            one.labour_skill,
        ),
        ",".join(facts["health"]),
        *(facts.get("disability_class"), facts.get("disability_level")),
        *(one.relocated, one.relocation_site, one.grade, one.changed_at),
        *(_bytes(one.name_sealed), _bytes(one.id_number_sealed), _bytes(one.phone_sealed), one.changed_at),
    )


def _bytes(sealed: str | None) -> bytes | None:
    return base64.b64decode(sealed) if sealed else None

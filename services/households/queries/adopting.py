"""Cases taken over from a list are shown on their households."""

from collections.abc import Sequence

import orjson

from services.households.rules.register_imports import NationalRecord
from shared.db.engine import WriteSession, raw

_SHOW = """
UPDATE household h SET monitoring_class = r.class, main_risk = r.risks ->> 0,
    monitoring_state = CASE WHEN r.eliminated THEN 'eliminated' ELSE 'monitored' END,
    risks = ARRAY(SELECT jsonb_array_elements_text(r.risks))
FROM jsonb_to_recordset($1::jsonb) AS r (id uuid, class text, risks jsonb, eliminated boolean) WHERE h.id = r.id
"""


async def show_adopted(session: WriteSession, records: Sequence[NationalRecord]) -> None:
    """As `show_on_household` does for one; the household's version stays, for nobody edits these there."""
    rows = [
        {"id": str(one.household_id), "class": one.monitoring_class, "risks": one.risks, "eliminated": one.eliminated}
        for one in records
    ]
    await (await raw(session)).execute(_SHOW, orjson.dumps(rows).decode())

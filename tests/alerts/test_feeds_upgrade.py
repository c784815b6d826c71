"""An installation from before feeds were data: what nobody touched is brought up, what a county changed stays its own."""

from typing import Any

import asyncpg

from shared.db.migrate import downgrade, migrate
from shared.postgres import Cluster
from tests.alerts.test_feeds import SHIPPED
from tests.alerts.test_migrations import in_thread

OWN = """
INSERT INTO alerts.feed (code, bureau_zh, bureau_en, name_zh, name_en, risk_family, default_severity, evidence_schema,
    version, active)
VALUES ('women.violence', '妇联', 'Women', '家暴', 'Violence', 'accident', 'high', '{"type": "object"}', 3, true)
"""
CHANGED = """
UPDATE alerts.feed SET version = 2, name_zh = '本县大额医疗', default_severity = 'high',
    evidence_schema = evidence_schema #- '{properties,hospital}' WHERE code = 'medical.cost'
"""


async def test_a_countys_own_changes_survive(cluster: Cluster, fresh_database: str) -> None:
    url = cluster.dsn("shouwang", fresh_database)
    in_thread(downgrade, "alerts", url, "alerts_0002")
    connection = await asyncpg.connect(url.replace("+asyncpg", ""))
    await connection.execute(OWN)
    await connection.execute(CHANGED)
    in_thread(migrate, "alerts", url)
    rows: dict[str, Any] = {row["code"]: row for row in await connection.fetch("SELECT * FROM alerts.feed")}
    columns = await connection.fetchval(
        "SELECT array_agg(c->>'field') FROM alerts.feed, jsonb_array_elements(columns) AS c WHERE code = 'medical.cost'"
    )
    kept = await connection.fetch("SELECT feed, version, content->'name'->>'zh' AS name FROM alerts.feed_version")
    await connection.close()

    assert set(rows) == {*SHIPPED, "women.violence"}
    medical, own = rows["medical.cost"], rows["women.violence"]
    assert (medical["name_zh"], medical["default_severity"], medical["version"]) == ("本县大额医疗", "high", 2)
    assert "hospital" not in medical["evidence_schema"]
    assert (medical["bureau"], medical["due_day"]) == ("medical-insurance", 5)
    assert "hospital" not in columns
    assert {"person.id_number", "self_pay"} <= set(columns)
    assert (own["bureau"], own["cadence"], own["due_day"], own["reporters"]) == ("women", "event", None, ["bureau"])
    assert rows["education.absence"]["bureau"] == "education"
    names = {(row["feed"], row["version"]): row["name"] for row in kept}
    assert len(names) == len(rows)
    assert (names["medical.cost", 2], names["women.violence", 3]) == ("本县大额医疗", "家暴")

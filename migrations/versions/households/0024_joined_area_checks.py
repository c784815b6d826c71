"""Area alerts join the check that is open in a village: evidence may stand in several cases, a case is of its area.

Until now each area alert opened checks of its own, and each row of its evidence had an id of its own.
"""

import sqlalchemy as sa
from alembic import op

revision = "households_0024"
down_revision = "households_0023"
branch_labels = None
depends_on = None

OF_AREAS = "case_id IN (SELECT id FROM risk_case WHERE area_alert_id IS NOT NULL)"
ONE_ID = f"UPDATE evidence SET evidence_id = alert_id WHERE {OF_AREAS}"  # noqa: S608
OWN_IDS = f"UPDATE evidence SET evidence_id = uuidv7() WHERE {OF_AREAS}"  # noqa: S608
BY_AREA = """
UPDATE risk_case SET subject_key = 'area:' || area_code WHERE area_alert_id IS NOT NULL AND state = 'open'
"""
BY_ALERT = """
UPDATE risk_case SET subject_key = 'area:' || area_alert_id || ':' || area_code
WHERE area_alert_id IS NOT NULL AND state = 'open'
"""


def upgrade() -> None:
    op.drop_constraint("pk_evidence", "evidence", type_="primary")
    op.execute(sa.text(ONE_ID))
    op.create_primary_key("pk_evidence", "evidence", ["evidence_id", "case_id"])
    op.execute(sa.text(BY_AREA))
    op.drop_index("uq_risk_case_area_alert", "risk_case")


def downgrade() -> None:
    # Not unique any more: what got worse may have opened a second check of its village.
    op.create_index(
        "uq_risk_case_area_alert",
        "risk_case",
        ["area_alert_id", "area_code"],
        postgresql_where=sa.text("area_alert_id IS NOT NULL"),
    )
    op.execute(sa.text(BY_ALERT))
    op.drop_constraint("pk_evidence", "evidence", type_="primary")
    op.execute(sa.text(OWN_IDS))
    op.create_primary_key("pk_evidence", "evidence", ["evidence_id"])

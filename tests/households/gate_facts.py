"""Everything the gates look at, put in place at once: for tests about moves, clocks and rounds, not about gates."""

from datetime import timedelta
from uuid import uuid4

from shared.clock import local_date, utc_now
from tests.households.conftest import Households, policy_id

INCOME = """
INSERT INTO income_summary (household_id, area_code, period_first, period_last, people, wages, business, property,
    transfers, business_costs, claims, rigid_medical, rigid_education, rigid_disaster, rigid_accident, net_income,
    net_per_head, reference_per_head, line, rules_policy_id, computed_at)
SELECT id, area_code, :first, :last, 2, 30000, 0, 0, 0, 0, 0, 4000, 0, 0, 0, 30000, 15000, 13000, 8700,
    gen_random_uuid(), now() FROM household WHERE id = CAST(:id AS uuid)
ON CONFLICT (household_id) DO NOTHING
"""
ASSURED = """
UPDATE household SET safe_housing = true, safe_water = true, schooling_met = true, medical_met = true,
    dwelling_level = 'B' WHERE id = CAST(:id AS uuid)
"""
_VISIT = """
WITH checked AS (
    INSERT INTO risk_case (id, household_id, subject_key, risk_family, area_code, state, opened_at, last_evidence_at,
        closed_at, verdict)
    SELECT CAST(:check AS uuid), household_id, household_id::text, 'medical', area_code, 'closed', now(), now(), now(),
        'no_risk' FROM monitoring_case WHERE id = CAST(:id AS uuid)
), tasked AS (
    INSERT INTO task (id, case_id, household_id, level, area_code, state, due_at, policy_id, created_at, version)
    SELECT CAST(:task AS uuid), CAST(:check AS uuid), household_id, 'village', area_code, 'done', now(),
        CAST(:policy AS uuid), now(), 1 FROM monitoring_case WHERE id = CAST(:id AS uuid)
)
INSERT INTO visit (id, task_id, case_id, household_id, area_code, visited_at, sealed, content_key, visited_by,
    recorded_at)
SELECT gen_random_uuid(), CAST(:task AS uuid), CAST(:check AS uuid), household_id, area_code, now(), '', '',
    gen_random_uuid(), now() FROM monitoring_case WHERE id = CAST(:id AS uuid)
"""
_AUTHORISATION = """
INSERT INTO authorisation (id, case_id, area_code, round, signer_sealed, signed_on, recorded_by, recorded_at)
SELECT gen_random_uuid(), id, area_code, round, '', state_since, gen_random_uuid(), now() FROM monitoring_case
WHERE id = CAST(:id AS uuid)
"""
_TICKETS = """
INSERT INTO comparison_ticket (id, case_id, area_code, round, member_id, kind, feed, state, authorisation_id,
    policy_id, asked_on, due_on, answer, answered_at, version, asked_by, asked_at)
SELECT gen_random_uuid(), c.id, c.area_code, c.round, m.id, kind, 'comparison.' || kind, 'answered', a.id,
    CAST(:policy AS uuid), c.state_since, c.state_since, 'does_not_exist', now(), 1, a.recorded_by, now()
FROM monitoring_case c JOIN member m ON m.household_id = c.household_id
JOIN authorisation a ON a.case_id = c.id AND a.round = c.round
CROSS JOIN unnest(ARRAY['vehicle', 'property', 'company', 'public_payroll']) AS kind
WHERE c.id = CAST(:id AS uuid) AND m.left_on IS NULL
ON CONFLICT DO NOTHING
"""
_NOTICE = """
WITH voided AS (
    UPDATE notice_entry SET void_at = now() WHERE case_id = CAST(:id AS uuid) AND void_at IS NULL
), notice AS (
    INSERT INTO public_notice (id, area_code, kind, state, text_sealed, min_days, lapse_days, tell_days, policy_id,
        terms_policy_id, started_on, ended_on, version, drafted_by, drafted_at, updated_by)
    SELECT CAST(:notice AS uuid), area_code, :kind, 'ended', '', 5, 30, 3, CAST(:policy AS uuid),
        CAST(:policy AS uuid), CAST(:today AS date) - 5, CAST(:today AS date), 1, opened_by, now(), opened_by
    FROM monitoring_case WHERE id = CAST(:id AS uuid)
)
SELECT 1
"""
_ENTRY = """
INSERT INTO notice_entry (notice_id, case_id, area_code, round, kind, added_at)
SELECT CAST(:notice AS uuid), id, area_code, round, :kind, now() FROM monitoring_case WHERE id = CAST(:id AS uuid)
"""
_MEASURES = """
INSERT INTO measure (id, case_id, area_code, round, risk, kind, tag, bureau, content_sealed, planned_on, due_on,
    delivered_on, state, fits, source, version, recorded_by, recorded_at, updated_by, updated_at)
SELECT gen_random_uuid(), id, area_code, round, risk, kind, 'raise', 'township', '', state_since, state_since,
    state_since, 'delivered', true, 'hand', 1, opened_by, now(), opened_by, now()
FROM monitoring_case CROSS JOIN unnest(risks) AS risk
CROSS JOIN unnest(ARRAY['health', 'social', 'employment', 'industry', 'housing', 'water', 'compulsory_education']) AS kind
WHERE id = CAST(:id AS uuid)
"""
_CHECK = """
INSERT INTO elimination_check (id, case_id, area_code, round, checked_on, income_stable, spending_solved, manner,
    has_contact, sealed, recorded_by, recorded_at)
SELECT gen_random_uuid(), id, area_code, round, CAST(:today AS date), true, true, 'helped', true, '', opened_by, now()
FROM monitoring_case WHERE id = CAST(:id AS uuid)
"""
_LABOUR = """
UPDATE member SET labour_skill = 'ordinary'
WHERE household_id IN (SELECT household_id FROM monitoring_case WHERE id = CAST(:id AS uuid))
"""


async def satisfy(service: Households, case_id: str, to: str) -> None:
    """What the gate before `to` asks for, beside class, risks, votes and days."""
    policy, today = policy_id("gate-terms"), local_date(utc_now())
    match to:
        case "notice":
            await service.sql(_VISIT, id=case_id, check=uuid4(), task=uuid4(), policy=policy)
            await service.sql(_AUTHORISATION, id=case_id)
            await service.sql(_TICKETS, id=case_id, policy=policy)
        case "township_review" | "elimination_township":
            kind = "elimination" if to.startswith("elimination") else "identification"
            notice = uuid4()
            await service.sql(_NOTICE, id=case_id, notice=notice, kind=kind, policy=policy, today=today)
            await service.sql(_ENTRY, id=case_id, notice=notice, kind=kind)
        case "planned":
            await service.sql(_MEASURES, id=case_id)
        case "elimination_check":
            [(household_id,)] = await service.sql(
                "SELECT household_id FROM monitoring_case WHERE id = CAST(:id AS uuid)", id=case_id
            )
            last = today - timedelta(days=20)
            await service.sql(_LABOUR, id=case_id)
            await service.sql(ASSURED, id=household_id)
            await service.sql(INCOME, id=household_id, first=last - timedelta(days=365), last=last)
        case "elimination_deliberation":
            await service.sql(_VISIT, id=case_id, check=uuid4(), task=uuid4(), policy=policy)
            await service.sql(_CHECK, id=case_id, today=today)
        case _:
            return

"""Placements with their history and calls, trips with their passengers, subsidies, and wages by trade."""

import sqlalchemy as sa
from alembic import op

revision = "jobs_0009"
down_revision = "jobs_0007"
branch_labels = None
depends_on = None

Column = sa.Column[object]

# In a subquery the setting is read and split once for a statement, not once for a row.
AREAS = "(SELECT string_to_array(current_setting('app.areas', true), ','))::text[]"
VISIBLE = f"area_code LIKE ANY ({AREAS})"
# A trip also concerns whoever lies below its organiser: the asker's own pattern begins with the organiser's prefix.
OF_ORGANISER = f"{VISIBLE} OR EXISTS (SELECT FROM unnest({AREAS}) AS own (area) WHERE own.area LIKE area_prefix || '%')"
POLICIES = {
    "placement": VISIBLE,
    "placement_move": VISIBLE,
    "stay_check": VISIBLE,
    "trip": OF_ORGANISER,
    "trip_passenger": VISIBLE,
    "subsidy_claim": VISIBLE,
}

# A village sees its own people, matching must know how an employer fares with all of them; nobody is named by a count.
STABILITY = """
CREATE FUNCTION employer_stability(ids uuid[], arrived_from date, arrived_to date)
RETURNS TABLE (employer_id uuid, arrived bigint, answered bigint, still_there bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
    SELECT p.employer_id, count(*),
        count(*) FILTER (WHERE fate <> 'not_reached'),
        count(*) FILTER (WHERE fate IN ('same_post', 'better_post'))
    FROM placement p,
        LATERAL (SELECT coalesce(
            nullif(p.stay_90, 'not_reached'),
            CASE WHEN p.state = 'ended' AND p.ended_on < p.arrived_on + 90 THEN 'left' ELSE 'not_reached' END
        )) AS told (fate)
    WHERE p.employer_id = ANY (ids) AND p.arrived_on BETWEEN arrived_from AND arrived_to
    GROUP BY p.employer_id
$$
"""
# Everybody's promises count against the openings of a post, also those in villages that the asker does not see; whoever
# has one kept for them after a course is counted there.
PROMISED = """
CREATE FUNCTION promised_openings(post uuid) RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
    SELECT count(*) FROM placement p WHERE p.post_id = post AND p.state IN ('accepted', 'placed') AND NOT EXISTS (
        SELECT FROM enrolment e WHERE e.person_id = p.person_id AND e.plan_post_id = post AND e.plan_state = 'held'
    )
$$
"""
# A passenger may have moved out of the organiser's areas, and a trip out of the passenger's: a seat is freed all the same.
# The trip is locked first, as by whoever fills it.
FREE_SEATS = """
CREATE FUNCTION free_trip_seats(of_trip uuid, moment timestamptz) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path FROM CURRENT AS $$
    UPDATE trip_passenger SET off_at = moment WHERE trip_id = of_trip AND off_at IS NULL
$$
"""
LEAVE_SEAT = """
CREATE FUNCTION leave_trip_seat(of_placement uuid, today date, moment timestamptz) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path FROM CURRENT AS $$
    SELECT FROM trip WHERE id IN (
        SELECT trip_id FROM trip_passenger WHERE placement_id = of_placement AND off_at IS NULL
    ) FOR UPDATE;
    WITH freed AS (
        UPDATE trip_passenger p SET off_at = moment FROM trip t
        WHERE p.placement_id = of_placement AND p.off_at IS NULL AND p.present IS NOT TRUE
            AND t.id = p.trip_id AND t.departs_on >= today
        RETURNING p.trip_id
    )
    UPDATE trip t SET taken = t.taken - 1, version = t.version + 1, updated_at = moment
    FROM freed WHERE t.id = freed.trip_id;
$$
"""
FUNCTIONS = {
    "employer_stability(uuid[], date, date)": STABILITY,
    "promised_openings(uuid)": PROMISED,
    "free_trip_seats(uuid, timestamptz)": FREE_SEATS,
    "leave_trip_seat(uuid, date, timestamptz)": LEAVE_SEAT,
}


def upgrade() -> None:
    _placements()
    _trips()
    _subsidies()
    for table, visible in POLICIES.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY area ON {table} USING ({visible}) WITH CHECK ({visible})")
    for signature, definition in FUNCTIONS.items():
        op.execute(definition)
        op.execute(f"REVOKE EXECUTE ON FUNCTION {signature} FROM PUBLIC")
        op.execute(f"GRANT EXECUTE ON FUNCTION {signature} TO jobs")


def downgrade() -> None:
    for signature in FUNCTIONS:
        op.execute(f"DROP FUNCTION {signature}")
    for table in (
        "trade_median",
        "subsidy_claim",
        "trip_passenger",
        "trip",
        "stay_check",
        "placement_move",
        "placement",
    ):
        op.drop_table(table)


def _string(name: str, *, nullable: bool = False) -> Column:
    return sa.Column(name, sa.String(), nullable=nullable)


def _id(name: str, *, nullable: bool = False) -> Column:
    return sa.Column(name, sa.Uuid(), nullable=nullable)


def _day(name: str, *, nullable: bool = False) -> Column:
    return sa.Column(name, sa.Date(), nullable=nullable)


def _moment(name: str, *, nullable: bool = False) -> Column:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _sealed(name: str, *, nullable: bool = False) -> Column:
    return sa.Column(name, sa.LargeBinary(), nullable=nullable)


def _small(name: str, *, nullable: bool = False) -> Column:
    return sa.Column(name, sa.SmallInteger(), nullable=nullable)


def _yuan(name: str, *, nullable: bool = False) -> Column:
    return sa.Column(name, sa.Numeric(8, 2), nullable=nullable)


def _area() -> Column:
    return sa.Column("area_code", sa.Text(collation="C"), nullable=False)


def _whole(name: str) -> Column:
    return sa.Column(name, sa.Integer(), nullable=False)


def _follows(table: str, of: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [f"{of}_id", "area_code"],
        [f"{of}.id", f"{of}.area_code"],
        name=f"fk_{table}_{of}_id_area_code",
        onupdate="CASCADE",
    )


def _unique(name: str, table: str, columns: list[str], where: str) -> None:
    op.create_index(name, table, columns, unique=True, postgresql_where=sa.text(where))


def _placements() -> None:
    op.create_table(
        "placement",
        *(_id(name) for name in ("id", "person_id")),
        _area(),
        *(_id(name) for name in ("post_id", "employer_id")),
        *(_id(name, nullable=True) for name in ("need_id", "proposal_id")),
        *(_string(name) for name in ("trade", "work_area", "state")),
        _day("state_since"),
        _day("due_on", nullable=True),
        _id("policy_id", nullable=True),
        _yuan("wage", nullable=True),
        *(_string(name, nullable=True) for name in ("refused_reason", "ended_reason")),
        _day("referred_on"),
        *(
            _day(f"{name}_on", nullable=True)
            for name in ("offered", "accepted", "refused", "placed", "arrived", "ended")
        ),
        *(_string(f"stay_{mark}", nullable=True) for mark in (30, 90, 180)),
        _small("call_mark", nullable=True),
        _day("call_on", nullable=True),
        _small("call_attempt", nullable=True),
        _id("opened_by"),
        _moment("opened_at"),
        _whole("version"),
        _moment("updated_at"),
        _follows("placement", "person"),
        *(
            sa.ForeignKeyConstraint([f"{of}_id"], [f"{table}.id"], name=f"fk_placement_{of}_id_{table}")
            for of, table in (("need", "work_need"), ("post", "post"), ("employer", "employer"))
        ),
        sa.PrimaryKeyConstraint("id", name="pk_placement"),
        sa.UniqueConstraint("id", "area_code", name="uq_placement_id_area_code"),
    )
    live = "state IN ('referred', 'offered', 'accepted', 'placed', 'arrived')"
    _unique("uq_placement_live", "placement", ["person_id", "post_id"], live)
    _unique("uq_placement_bound", "placement", ["person_id"], "state IN ('accepted', 'placed')")
    _unique("uq_placement_arrived", "placement", ["person_id"], "state = 'arrived'")
    for name, columns in {
        "person": ["person_id"],
        "post": ["post_id", "state"],
        "employer": ["employer_id", "arrived_on"],
        "need": ["need_id"],
        "area": ["area_code", "id"],
    }.items():
        op.create_index(f"ix_placement_{name}", "placement", columns)
    for name in ("due", "call"):
        there = sa.text(f"{name}_on IS NOT NULL")
        op.create_index(f"ix_placement_{name}", "placement", [f"{name}_on", "id"], postgresql_where=there)
    op.create_table(
        "placement_move",
        *(_id(name) for name in ("id", "placement_id")),
        _area(),
        _string("from_state", nullable=True),
        *(_string(name) for name in ("to_state", "cause")),
        _string("reason", nullable=True),
        _id("ref", nullable=True),
        _day("happened_on"),
        _moment("at"),
        _id("by"),
        _id("policy_id", nullable=True),
        _sealed("note_sealed", nullable=True),
        _follows("placement_move", "placement"),
        sa.PrimaryKeyConstraint("id", name="pk_placement_move"),
    )
    op.create_index("ix_placement_move_placement", "placement_move", ["placement_id", "id"])
    op.create_table(
        "stay_check",
        *(_id(name) for name in ("id", "placement_id")),
        _area(),
        *(_small(name) for name in ("mark", "attempt")),
        _day("due_on"),
        _string("state"),
        _string("outcome", nullable=True),
        _day("seen_on", nullable=True),
        _yuan("wage", nullable=True),
        _id("policy_id"),
        _moment("opened_at"),
        _id("answered_by", nullable=True),
        _moment("answered_at", nullable=True),
        _sealed("note_sealed", nullable=True),
        _follows("stay_check", "placement"),
        sa.PrimaryKeyConstraint("id", name="pk_stay_check"),
    )
    op.create_index("uq_stay_check_try", "stay_check", ["placement_id", "mark", "attempt"], unique=True)
    _unique("uq_stay_check_waiting", "stay_check", ["placement_id"], "state = 'waiting'")


def _trips() -> None:
    op.create_table(
        "trip",
        _id("id"),
        _area(),
        *(_string(name) for name in ("area_prefix", "from_place", "to_area")),
        _day("departs_on"),
        _string("vehicle"),
        *(_small(name) for name in ("seats", "taken")),
        _sealed("contact_sealed"),
        _string("state"),
        _id("opened_by"),
        _moment("opened_at"),
        _whole("version"),
        _moment("updated_at"),
        sa.CheckConstraint("taken >= 0 AND taken <= seats", name="ck_trip_seats"),
        sa.PrimaryKeyConstraint("id", name="pk_trip"),
    )
    op.create_index("ix_trip_departs", "trip", ["departs_on", "id"])
    op.create_index("ix_trip_area", "trip", ["area_code"])
    op.create_table(
        "trip_passenger",
        *(_id(name) for name in ("id", "trip_id", "placement_id")),
        _area(),
        _id("added_by"),
        _moment("added_at"),
        _moment("off_at", nullable=True),
        sa.Column("present", sa.Boolean(), nullable=True),
        _id("marked_by", nullable=True),
        _moment("marked_at", nullable=True),
        _follows("trip_passenger", "placement"),
        sa.ForeignKeyConstraint(["trip_id"], ["trip.id"], name="fk_trip_passenger_trip_id_trip"),
        sa.PrimaryKeyConstraint("id", name="pk_trip_passenger"),
    )
    op.create_index("ix_trip_passenger_trip", "trip_passenger", ["trip_id", "id"])
    _unique("uq_trip_passenger_seat", "trip_passenger", ["placement_id"], "off_at IS NULL")


def _subsidies() -> None:
    op.create_table(
        "subsidy_claim",
        *(_id(name) for name in ("id", "person_id")),
        _area(),
        *(_string(name) for name in ("kind", "rule")),
        _small("year"),
        _yuan("amount"),
        sa.Column("wage_proof", sa.Boolean(), nullable=False),
        _string("work_area", nullable=True),
        _day("started_on", nullable=True),
        _string("state"),
        _string("refused_reason", nullable=True),
        _day("claimed_on"),
        _day("decided_on", nullable=True),
        _yuan("paid", nullable=True),
        _id("policy_id"),
        _sealed("note_sealed", nullable=True),
        _id("recorded_by"),
        _moment("recorded_at"),
        _whole("version"),
        _moment("updated_at"),
        _follows("subsidy_claim", "person"),
        sa.PrimaryKeyConstraint("id", name="pk_subsidy_claim"),
    )
    _unique("uq_subsidy_claim_year", "subsidy_claim", ["person_id", "kind", "year"], "state <> 'refused'")
    op.create_index("ix_subsidy_claim_person", "subsidy_claim", ["person_id"])
    op.create_index("ix_subsidy_claim_area", "subsidy_claim", ["area_code", "id"])
    op.create_table(
        "trade_median",
        *(_string(name) for name in ("county", "trade")),
        _day("month"),
        _yuan("wage"),
        _whole("people"),
        _moment("reckoned_at"),
        sa.PrimaryKeyConstraint("county", "trade", name="pk_trade_median"),
    )

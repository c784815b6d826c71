"""All that is known of households, gathered by one statement: for some of them, or for whole areas as a frame.

Both ways send the same columns, so what is judged one by one and what is judged by night rests on the same numbers.
"""

from collections.abc import Mapping

# $1 is the day, $2 what is asked for. Amounts are doubles, as expressions reckon.
_COLUMNS: Mapping[str, str] = {
    "household_id": "h.id",
    "area_code": "h.area_code",
    "household_class": "h.class",
    **{
        name: f"h.{name}"
        for name in (
            *("relocated", "dwelling_level", "only_home", "safe_housing", "safe_water", "schooling_met", "medical_met"),
            *("no_labour_covered", "poverty_cause", "monitoring_class", "monitoring_state", "main_risk"),
        )
    },
    "land_mu": "h.land_mu::float8",
    "road_km": "h.road_km::float8",
    "risks": "',' || nullif(array_to_string(h.risks, ','), '') || ','",
    **{
        name: f"m.{name}"
        for name in (
            *("people", "labour_able", "labour_weak", "labour_none", "labour_unknown", "working_age", "under_16"),
            *("sixty_up", "pupils", "dropouts", "ill_serious", "ill_chronic", "disabled", "disabled_level_1"),
            *("disabled_level_2", "disabled_level_3", "disabled_level_4", "working", "public_posts", "uninsured"),
            *("insurance_unknown", "minimum_living", "extreme_poverty"),
        )
    },
    "open_checks": "coalesce(c.open_checks, 0)",
    "open_checks_high": "coalesce(c.open_checks_high, 0)",
    "open_severity": "(ARRAY['low', 'medium', 'high'])[c.open_severity]",
    "open_families": "',' || c.open_families || ','",
    "confirmed_year": "coalesce(c.confirmed_year, 0)",
    "confirmed_families": "',' || c.confirmed_families || ','",
    "days_since_confirmed": "$1::date - c.last_confirmed_on",
    "days_since_visit": "$1::date - v.last_visited_on",
    **{
        name: f"i.{name}::float8"
        for name in (
            *("net_income", "net_per_head", "reference_per_head", "claims"),
            *("rigid_medical", "rigid_education", "rigid_disaster", "rigid_accident"),
        )
    },
    "income_line": "i.line::float8",
    "self_paid": "i.self_paid::float8",
    "self_paid_share": "CASE WHEN i.net_income > 0 THEN i.self_paid::float8 / i.net_income::float8 END",
}

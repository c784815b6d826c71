"""When a household may be called a monitored one, worked out once more, as `gate_model.py` does it for the way out."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from shared.clock import local_date
from tests.households.gate_model import Case, Model, months_after


def unmet_before(model: Model, case: Case, now: datetime) -> set[str]:
    """What stands against it now."""
    return {code for code, met in conditions_before(model, case, now) if not met}


def conditions_before(model: Model, case: Case, now: datetime) -> Iterator[tuple[str, bool]]:
    """Each condition."""
    on = local_date(now)
    yield "class", case.kind is not None
    yield "main-risk", bool(case.risks)
    yield "visit", _visited(model, case)
    yield "authorisation", any(day <= on for day in case.signed)
    yield from _compared(model, case, on)
    yield from model._published(case, on, "")


def _visited(model: Model, case: Case) -> bool:
    """Since the clue, or shortly before; once the case was sent back, since then."""
    since = case.opened - timedelta(days=model.policies["gate-terms"]["visit_before_days"])
    if len(case.came["visit_check"]) > 1:
        since = case.last("visit_check")
    return any(one.home == case.home and one.whole and one.at >= since for one in model.visits)


def _compared(model: Model, case: Case, on: date) -> Iterator[tuple[str, bool]]:
    assets = model.policies["asset-comparison"]
    adults = [one for one in model.living(case.home) if months_after(one.born, 12 * assets["min_age"]) <= on]
    wanted = [(one.id, kind) for one in adults for kind in assets["required"]]
    yield "comparison-asked", all(one in case.tickets for one in wanted)
    yield "comparison-answered", all(last is None or last < on for last in case.tickets.values())
